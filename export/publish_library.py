"""The page's library and the student as they are put beside published photos."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from export.card import CARD
from export.publish_site import LIBRARY
from export.shipped_student import Student
from pixels.command import UserError

_DIST = Path(__file__).parent.parent / "web_demo" / "dist"
_SCRIPT = "halfsize.js"
# What is counted as downloaded: WebGL is what most readers' browsers have, and of the engines for
# graphics hardware the larger one.
_COUNTED = {"compact": ("engine-webgl2.js",), "tfjs": ("engine-tfjs-webgl.js", "engine-webgl.js")}


def require_library(folder: Path = _DIST) -> None:
    """Check that the library is built.

    Raises:
        UserError: It is not.
    """
    if not (folder / _SCRIPT).is_file():
        raise UserError(f"{folder / _SCRIPT} is missing: build the page's library by `make web`")


def library_files(student: Student, folder: Path = _DIST) -> Iterator[tuple[str, bytes]]:
    """Go through what lies in the site's `halfsize/`: paths within the site, and contents.

    The library with the engines that run this student, the student's export folder for a web
    server, and both its files as one script for pages that are opened from disk.
    """
    for path in [folder / _SCRIPT, folder / "halfsize.mjs", *sorted(folder.glob("engine-*.js"))]:
        if path.is_file() and not _is_for_others(path.name, student):
            yield f"{LIBRARY}/{path.name}", path.read_bytes()
    for name, content in (*student.files, (CARD, student.card)):
        yield f"{LIBRARY}/models/{student.name}/{name}", content
    packed = {
        "folder": student.name,
        "card": json.loads(student.card),
        "files": {name: base64.b64encode(content).decode() for name, content in student.files},
    }
    script = f"(globalThis.halfsizeParts ??= {{}}).models = [{json.dumps(packed)}];\n"
    yield f"{LIBRARY}/models.js", script.encode()


def runtime_gzip_bytes(student: Student, folder: Path = _DIST) -> int:
    """Count what a reader downloads beside photos and student: the library and one engine."""
    names = [name for name in _COUNTED[student.form] if (folder / name).is_file()]
    if not names:
        raise UserError(f"{folder / _COUNTED[student.form][0]} is missing: give `make web` again")
    return sum(
        len(gzip.compress((folder / name).read_bytes(), 9, mtime=0)) for name in (_SCRIPT, names[0])
    )


def _is_for_others(name: str, student: Student) -> bool:
    return student.form == "compact" and name.startswith("engine-tfjs-")
