"""The report's colours, on a light page and on a dark one."""

from __future__ import annotations

import re

from export.bandwidth.plan import FULL
from export.bandwidth.study import ANY_PLAIN, ANY_STUDENT, Study

INK, QUIET, LINE, EDGE, SOFT = "#1c1c1e", "#6e6e73", "#e5e5ea", "#c7c7cc", "#f5f5f7"
"""Of texts, of what explains them, of lines between rows and in plots, of axes, of plain areas."""
GOOD, BAD = "#1a7f37", "#c0362c"
PAPER = "#ffffff"
BROWSER = "#808087"
_FIXED = {FULL: INK, "browser": BROWSER, "bicubic": "#8f7a3c", "lanczos": "#b87400"}
TOGETHER = {ANY_PLAIN: "#7a4f0c", ANY_STUDENT: "#b3261e"}
"""Of what is chosen anew for each photo, among several sizes."""
STUDENTS = ("#2563c9", "#0f8482", "#8a4fd3", "#c2416c", "#5b7c1c")
_TEACHER = "#2f7d32"

_ON_DARK = {
    PAPER: "#151517",
    INK: "#ececf0",
    QUIET: "#a3a3ab",
    LINE: "#2d2d32",
    EDGE: "#53535a",
    SOFT: "#202024",
    GOOD: "#4fc46e",
    BAD: "#ff8d84",
    BROWSER: "#8f8f97",
    "#8f7a3c": "#c9b47c",
    "#b87400": "#e8aa4c",
    "#7a4f0c": "#b98e4e",
    "#b3261e": "#ff7a70",
    "#2563c9": "#7db0ff",
    "#0f8482": "#46cbc6",
    "#8a4fd3": "#c29bff",
    "#c2416c": "#ff8db2",
    "#5b7c1c": "#a9d25a",
    _TEACHER: "#70d074",
}
"""Each of these colours on a dark page."""


def colour_of(study: Study, way: str) -> str:
    """Return the colour of an enlargement, of an offer or of full size, in plots and tables."""
    if way in TOGETHER:
        return TOGETHER[way]
    for entry in study.plan.plain:
        if entry.name == way:
            return _FIXED[entry.model]
    if way in _FIXED:
        return _FIXED[way]
    if way == study.teacher:
        return _TEACHER
    return STUDENTS[study.students.index(way) % len(STUDENTS)]


def themed(text: str) -> str:
    """Write the colours in SVG or HTML as variables, which `THEME` sets."""
    known = "|".join(_ON_DARK)
    return re.sub(f"({known})(?![0-9a-f])", lambda found: _variable(found[0]), text)


def _variable(colour: str) -> str:
    return f"var(--c{colour[1:]})"


def _rule(dark: bool) -> str:
    pairs = ((light, on_dark if dark else light) for light, on_dark in _ON_DARK.items())
    return " ".join(f"--c{name[1:]}: {colour};" for name, colour in pairs)


THEME = (
    f":root {{ color-scheme: light dark; {_rule(False)} }}\n"
    f"@media (prefers-color-scheme: dark) {{ :root {{ {_rule(True)} }} }}\n"
)
"""The style sheet's rule for the variables."""
