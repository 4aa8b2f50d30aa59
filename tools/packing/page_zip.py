"""The zip for a page that is made without any tool: scripts, two students, a page that shows them.

What is only in the zip is in web_demo/packages/zip. The page works from disk: its photos are
embedded, since scripts of such a page may not read other files, and the students are in `models.js`
as well.
"""

from __future__ import annotations

import time
import zipfile
from base64 import b64encode
from io import BytesIO
from pathlib import Path

from export.delivery.student import read_student
from export.publish.library import read_library
from plumbing.amounts import in_bytes
from plumbing.command import UserError
from plumbing.disk import whole_file

MOST_BYTES = 150_000
"""What the zip may weigh."""
STUDENTS = ("nano-web", "nano-fine-3-2")
"""The students in it: one that doubles a file of any encoder quality, one of two thirds."""
_PHOTOS = {"coffee-half.webp": "image/webp", "chelsea-two-thirds.webp": "image/webp"}
_PAGE = "sample.html"


def build_zip(tree: Path, out: Path, version: str, epoch: int) -> Path:
    """Write the zip of a tree; the same tree gives the same bytes.

    Args:
        tree: A checkout with the page's built scripts.
        out: Folder to write to.
        version: The project's version, for the name.
        epoch: The time of all files, in seconds since 1970.

    Raises:
        UserError: Scripts are missing, or it weighs more than `MOST_BYTES`.
    """
    name = f"halfsize-{version}"
    files = zip_contents(tree)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(files):
            described = zipfile.ZipInfo(f"{name}/{path}", time.gmtime(epoch)[:6])
            described.compress_type = zipfile.ZIP_DEFLATED
            described.create_system = 3  # Unix, whatever system writes it
            described.external_attr = 0o100644 << 16
            archive.writestr(described, files[path])
    content = packed.getvalue()
    if len(content) > MOST_BYTES:
        raise UserError(f"{name}.zip has {in_bytes(len(content))}, allowed are {MOST_BYTES}")
    with whole_file(out / f"{name}.zip") as temporary:
        temporary.write_bytes(content)
    return out / f"{name}.zip"


def zip_contents(tree: Path) -> dict[str, bytes]:
    """Gather the files of the zip, by their paths in it.

    Args:
        tree: A checkout with the page's built scripts.

    Raises:
        UserError: Scripts are missing.
    """
    web_demo = tree / "web_demo"
    own, models = web_demo / "packages" / "zip", web_demo / "models"
    library = read_library(
        [read_student(models / name) for name in STUDENTS], folder=web_demo / "dist"
    )
    credits_ = [(own / "CREDITS.txt").read_text(encoding="utf-8")]
    for name in STUDENTS:
        theirs = (models / name / "CREDITS.txt").read_text(encoding="utf-8")
        credits_.append(f"halfsize/models/{name}:\n{theirs}")
    page = (own / _PAGE).read_text(encoding="utf-8")
    for photo, media_type in _PHOTOS.items():
        embedded = b64encode((own / photo).read_bytes()).decode()
        page = page.replace(f"{{{photo}}}", f"data:{media_type};base64,{embedded}")
    left_out = (".mjs", ".txt", "golden.json")  # licence and credits of all lie at the top
    return {
        **{path: content for path, content in library.files if not path.endswith(left_out)},
        "README.txt": (own / "README.txt").read_bytes(),
        "LICENSE": (tree / "LICENSE").read_bytes(),
        "CREDITS.txt": "\n".join(credits_).encode(),
        _PAGE: page.encode(),
    }
