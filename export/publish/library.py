"""The page's library and the student as they are put beside published photos."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

from export.delivery.scripts import DIST, LIBRARY_SCRIPT, runtime_gzip_bytes, shipped_scripts
from export.delivery.student import Student
from export.pipeline.card import CARD
from export.publish.site import LIBRARY
from plumbing.command import UserError


def require_library(student: Student, folder: Path = DIST) -> int:
    """Check that the library and an engine for this student are built.

    Returns:
        What a reader downloads of them, gzipped.

    Raises:
        UserError: They are not.
    """
    counted = runtime_gzip_bytes(student.form, folder)
    if counted is None:
        raise UserError(
            f"{folder} does not hold {LIBRARY_SCRIPT} and an engine for {student.name}: build the "
            "page's library by `make web`"
        )
    return counted


def library_files(student: Student, folder: Path = DIST) -> Iterator[tuple[str, bytes]]:
    """Go through what lies in the site's `halfsize/`: paths within the site, and contents.

    The library with the engines that run this student, the student's export folder for a web
    server, and all its files as one script for pages that are opened from disk.
    """
    for path in shipped_scripts(student.form, folder):
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
