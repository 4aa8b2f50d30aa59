from __future__ import annotations

import re

import pytest

from export.bandwidth.report.colours import EDGE, LINE, PAPER, SOFT, THEME, themed

LIGHT, DARK = (
    dict(re.findall(r"(--c\w+): #(\w{6});", rule)) for rule in THEME.split("@media", maxsplit=1)
)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    lower, higher = sorted(luminance(colour) for colour in (first, second))
    return (higher + 0.05) / (lower + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_whatever_is_drawn_can_be_seen(theme: dict[str, str]) -> None:
    paper = theme[f"--c{PAPER[1:]}"]
    areas = {f"--c{colour[1:]}" for colour in (PAPER, LINE, EDGE, SOFT)}
    for name in theme.keys() - areas:
        # WCAG 2.2 asks for 3 of what is drawn, and of large text.
        assert contrast(theme[name], paper) >= 3.0, name


def test_known_colours_become_variables() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert LIGHT["--cffffff"] != DARK["--cffffff"]
    assert themed("stroke: #1c1c1e; fill: #123456") == "stroke: var(--c1c1c1e); fill: #123456"
