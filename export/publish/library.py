"""The page's library and the student, as they are put beside published photos."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from export.delivery.scripts import DIST, LIBRARY_SCRIPT, runtime_gzip_bytes, shipped_scripts
from export.delivery.student import Student
from export.pipeline.card import CARD
from export.publish.site import LIBRARY
from plumbing.command import UserError


@dataclass(frozen=True, kw_only=True)
class SiteLibrary:
    """Everything that pages need to enlarge photos with one student."""

    runtime_bytes: int
    """What a reader downloads of the scripts (element, library, one engine), gzipped."""
    files: tuple[tuple[str, bytes], ...]
    """The files: paths within the site, and contents."""


def read_library(student: Student, folder: Path = DIST) -> SiteLibrary:
    """Read the built library for a student.

    It has the library with the engines that run this student, the student's export folder for a
    web server, and all its files as one script for pages that are opened from disk.

    Args:
        student: The student.
        folder: Where the library was built.

    Raises:
        UserError: The library or an engine for the student has not been built.
    """
    runtime_bytes = runtime_gzip_bytes(student.form, folder)
    if runtime_bytes is None:
        raise UserError(
            f"{folder} has no {LIBRARY_SCRIPT} or no engine for {student.name}: build the page's "
            "library with `make web`"
        )
    files = [
        (f"{LIBRARY}/{path.name}", path.read_bytes())
        for path in shipped_scripts(student.form, folder)
    ]
    files += [
        (f"{LIBRARY}/models/{student.name}/{name}", content)
        for name, content in (*student.files, (CARD, student.card))
    ]
    packed = {
        "folder": student.name,
        "card": json.loads(student.card),
        "files": {name: base64.b64encode(content).decode() for name, content in student.files},
    }
    script = f"(globalThis.halfsizeParts ??= {{}}).models = [{json.dumps(packed)}];\n"
    files.append((f"{LIBRARY}/models.js", script.encode()))
    return SiteLibrary(runtime_bytes=runtime_bytes, files=tuple(files))
