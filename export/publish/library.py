"""The page's library and the students, as they are put beside published photos."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from export.delivery.scripts import DIST, LIBRARY_SCRIPT, runtime_gzip_bytes, shipped_scripts
from export.delivery.student import Student
from export.folder.card import CARD
from export.folder.form import COMPACT
from export.pipeline.legal import LICENCE_FILE
from export.publish.site import LIBRARY
from plumbing.command import UserError
from plumbing.paths import licence_file


@dataclass(frozen=True, kw_only=True)
class SiteLibrary:
    """Everything that pages need to enlarge photos."""

    runtime_bytes: int
    """What a reader downloads of the scripts (element, library, one engine), gzipped."""
    files: tuple[tuple[str, bytes], ...]
    """The files: paths within the site, and contents."""


def read_library(students: Sequence[Student], folder: Path = DIST) -> SiteLibrary:
    """Read the built library for the students of a site.

    It has the library with the engines that run them and the licence, each student's export folder
    (with its licence and credits) for a web server, and all students as one script for pages that
    are opened from disk.

    Args:
        students: The students, of one form: a page runs all of them with one engine.
        folder: Where the library was built.

    Raises:
        UserError: The library or an engine for the students has not been built.
    """
    form = students[0].form
    arithmetics = {student.arithmetic for student in students}
    runtime_bytes = runtime_gzip_bytes(form, folder, arithmetics)
    if runtime_bytes is None:
        raise UserError(
            f"{folder} has no {LIBRARY_SCRIPT} or no engine for {students[0].name}: build the "
            "page's library with `make web`"
        )
    files = [
        (f"{LIBRARY}/{path.name}", path.read_bytes())
        for path in shipped_scripts(form, folder, arithmetics)
    ]
    files += [
        (f"{model_folder(student)}{name}", content)
        for student in students
        for name, content in (*student.files, *student.others, (CARD, student.card))
    ]
    licence = licence_file()
    if licence is not None:
        files.append((f"{LIBRARY}/{LICENCE_FILE}", licence.read_bytes()))
    packed = json.dumps([_packed(student) for student in students])
    script = f"(globalThis.halfsizeParts ??= {{}}).models = {packed};\n"
    files.append((f"{LIBRARY}/models.js", script.encode()))
    return SiteLibrary(runtime_bytes=runtime_bytes, files=tuple(files))


def model_folder(student: Student) -> str:
    """Name a student's folder within the site, with `/` at its end."""
    return f"{LIBRARY}/models/{student.name}/"


def model_address(student: Student, base_url: str) -> str:
    """Return what a page's `model` attribute says of a student.

    Of a compact student it is the file, with which a page starts sooner than with the folder. Of
    one in whole numbers it says so, or the page would ask for the engine for floats first.
    """
    file = COMPACT.file if student.form is COMPACT else ""
    if file and student.arithmetic == "integer":
        file += "?integer"
    return f"{base_url}{quote(model_folder(student))}{file}"


def _packed(student: Student) -> dict[str, Any]:
    return {
        "folder": student.name,
        "card": json.loads(student.card),
        "files": {name: base64.b64encode(content).decode() for name, content in student.files},
    }
