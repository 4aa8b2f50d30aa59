"""The page's built scripts: which of them run which form of a student, and their download sizes."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from export.folder.form import TFJS, Form
from plumbing.disk import gzip_size
from plumbing.paths import DIST

ELEMENT_SCRIPT = "half-size.js"
"""The script that a page with `<half-size>` loads; it loads the others."""
LIBRARY_SCRIPT = "halfsize.js"
_EXTRAS = "halfsize-extras.js"
_MODULES = ("half-size.mjs", "halfsize.mjs")
_TRANSPARENT = "-alpha.js"
"""Suffix of the engines that also handle transparent pictures."""
_INTEGER = "-integer"
"""What the names of the engines for students in whole numbers have in them."""
_TFJS = "engine-tfjs-"
# Of TF.js's engines, most readers' browsers run the one for WebGL.
_COUNTED_TFJS = "engine-tfjs-webgl.js"


def engine_scripts(
    form: Form, folder: Path = DIST, arithmetics: Collection[str] = ("float",)
) -> list[Path]:
    """List the built engines that run a form of student, in floats, in whole numbers, or both."""
    engines = [
        path
        for path in sorted(folder.glob("engine-*.js"))
        if path.name.startswith(_TFJS) == (form is TFJS)
    ]
    if form is TFJS:
        return engines
    kind = {True: "integer", False: "float"}
    return [path for path in engines if kind[_INTEGER in path.name] in arithmetics]


def shipped_scripts(
    form: Form, folder: Path = DIST, arithmetics: Collection[str] = ("float",)
) -> list[Path]:
    """List the scripts that a site needs for a form of student: element, library and engines."""
    names = (ELEMENT_SCRIPT, LIBRARY_SCRIPT, *_MODULES, _EXTRAS)
    library = [folder / name for name in names]
    return [path for path in library if path.is_file()] + engine_scripts(form, folder, arithmetics)


def runtime_gzip_bytes(
    form: Form, folder: Path = DIST, arithmetics: Collection[str] = ("float",)
) -> int | None:
    """Count the bytes of scripts that a reader downloads: element, library and one engine.

    For the compact runtime this counts the largest engine for opaque photos, for TF.js the one for
    WebGL. A browser that tries several engines downloads more.

    Returns:
        Gzipped bytes; None if the scripts were not built.
    """
    engines = engine_scripts(form, folder, arithmetics)
    engines = [path for path in engines if not path.name.endswith(_TRANSPARENT)]
    if form is TFJS:
        engines = [path for path in engines if path.name == _COUNTED_TFJS]
    library = [folder / name for name in (ELEMENT_SCRIPT, LIBRARY_SCRIPT)]
    if not all(path.is_file() for path in library) or not engines:
        return None
    counted = sum(gzip_size(path.read_bytes()) for path in library)
    return counted + max(gzip_size(path.read_bytes()) for path in engines)
