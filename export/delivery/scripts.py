"""The page's built scripts: which of them run which form of a student, and what they weigh."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from plumbing.disk import gzip_size
from plumbing.paths import DIST

Form = Literal["compact", "tfjs"]
"""What an export folder holds for pages: one file for the small runtime, or a TF.js graph model."""

ELEMENT_SCRIPT = "half-size.js"
"""What a page with `<half-size>` loads; it asks for the others."""
LIBRARY_SCRIPT = "halfsize.js"
_EXTRAS = "halfsize-extras.js"
_MODULES = ("half-size.mjs", "halfsize.mjs")
_TRANSPARENT = "-alpha.js"
"""Ends the names of engines that know transparent pictures too."""
_TFJS = "engine-tfjs-"
# Of TF.js's, WebGL's is what most readers' browsers run.
_COUNTED_TFJS = "engine-tfjs-webgl.js"


def engine_scripts(form: Form, folder: Path = DIST) -> list[Path]:
    """List the built engines that run a form of student."""
    engines = sorted(folder.glob("engine-*.js"))
    return [path for path in engines if path.name.startswith(_TFJS) == (form == "tfjs")]


def shipped_scripts(form: Form, folder: Path = DIST) -> list[Path]:
    """List what a site needs for a form of student: element, library and engines."""
    names = (ELEMENT_SCRIPT, LIBRARY_SCRIPT, *_MODULES, _EXTRAS)
    library = [folder / name for name in names]
    return [path for path in library if path.is_file()] + engine_scripts(form, folder)


def runtime_gzip_bytes(form: Form, folder: Path = DIST) -> int | None:
    """Count what a reader downloads beside photos and student: element, library and one engine.

    Of the small runtime's engines the largest for opaque photos is counted, of TF.js's the one for
    WebGL. A browser that tries several downloads more.

    Returns:
        Gzipped bytes; None where they are not built.
    """
    engines = engine_scripts(form, folder)
    engines = [path for path in engines if not path.name.endswith(_TRANSPARENT)]
    if form == "tfjs":
        engines = [path for path in engines if path.name == _COUNTED_TFJS]
    library = [folder / name for name in (ELEMENT_SCRIPT, LIBRARY_SCRIPT)]
    if not all(path.is_file() for path in library) or not engines:
        return None
    counted = sum(gzip_size(path.read_bytes()) for path in library)
    return counted + max(gzip_size(path.read_bytes()) for path in engines)
