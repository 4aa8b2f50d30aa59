"""A published site that tests share, and choices made by hand."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from skimage import data

from export.publish.choice import Choice, SentAs, SentFile, SentPhoto
from export.publish.search.choose import PhotoOutcome
from pixels.sending.codecs import Codec
from plumbing.disk import sha256_of
from tests.made.commands import Finished, command_here
from tests.made.students import write_bilinear_student

_FULL = Fraction(1)


MANY_PHOTOS = ("--photos-per-visit", "100000")
"""So many that a student pays for itself with photos as small as those of tests."""
QUICK = (
    *("--codecs", "WEBP", "JPEG", "--quality", "50", "--effort", "fast"),
    *("--base-url", "/media/", *MANY_PHOTOS),
    *("--jobs", "1"),
)


@dataclass(frozen=True)
class Published:
    """A folder of photos and the site it was published to."""

    folder: Path

    @property
    def photos(self) -> Path:
        return self.folder / "my photos"

    @property
    def student(self) -> Path:
        return self.folder / "bilinear"

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.site / "manifest.json").read_text())

    def largest(self, name: str) -> dict[str, Any]:
        """What the manifest says of a photo's largest width."""
        return self.manifest["photos"][name]["widths"][-1]

    @property
    def files(self) -> dict[str, str]:
        """Hashes of the site's files, by path."""
        return hashes(self.site)

    def copy(self, folder: Path) -> Published:
        """A copy to change."""
        shutil.copytree(self.folder, folder)
        return Published(folder)

    def publish(self, *flags: str | Path) -> Finished:
        """Publish the photos in their present state."""
        inputs = (self.photos, "--model", self.student, "--out", self.site)
        return command_here("export.publish", *inputs, *QUICK, *flags)

    def publish_json(self, *flags: str) -> dict[str, Any]:
        """Publish, and parse what `--json` prints."""
        return json.loads(self.publish("--json", *flags).output)


def hashes(site: Path) -> dict[str, str]:
    """Hashes of a site's files, by path, without its memory."""
    return {
        path.relative_to(site).as_posix(): sha256_of(path)
        for path in site.rglob("*")
        if path.is_file() and ".halfsize" not in path.parts
    }


def part_of_photo(number: int, height: int = 64, width: int = 64) -> Image.Image:
    """A sharp part of a photo, another one for each number."""
    top, left = 60 + 20 * number, 150 + 30 * number
    return Image.fromarray(np.ascontiguousarray(data.coffee()[top:, left:][:height, :width]))


def soft_photo() -> Image.Image:
    """A photo that is sent reduced, even with bilinear enlargement."""
    small = Image.fromarray(data.astronaut()).resize((40, 40), Image.Resampling.BICUBIC)
    return small.resize((120, 120), Image.Resampling.BICUBIC)


def write_published(folder: Path) -> None:
    """Publish a photo that is sent reduced and two that are not, one of them in a folder."""
    published = Published(folder)
    (published.photos / "Sub Folder").mkdir(parents=True)
    soft_photo().save(published.photos / "soft.png")
    part_of_photo(1, 60, 80).save(published.photos / "Sub Folder" / "sharp & <bright>.png")
    part_of_photo(2).save(published.photos / "square.png")
    write_bilinear_student(published.student)
    finished = published.publish("--json")
    assert finished.status == 0, finished.errors
    (folder / "printed.json").write_text(finished.output)


def chosen(outcome: PhotoOutcome) -> Choice:
    """The choice for the only width of a photo that could be used."""
    assert outcome.photo is not None, outcome.error
    (choice,) = outcome.photo.widths
    return choice


def sent_file(
    codec: Codec = "AVIF", digit: str = "a", *, bytes_: int = 1000, scale: Fraction = _FULL
) -> SentFile:
    """A file of a photo of 600 x 400 pixels."""
    return SentFile(
        codec=codec,
        quality=50,
        reduction=None if scale == 1 else "lanczos",
        scale=scale,
        width=int(600 / scale),
        height=int(400 / scale),
        bytes=bytes_,
        sha256=64 * digit,
        score=60.0,
    )


def photo_of(*widths: Choice) -> SentPhoto:
    """What is sent of a photo."""
    return SentPhoto(widths)


def choice_of(
    sent: SentFile,
    *,
    fallback: SentFile | None = None,
    full_bytes: int = 1000,
    form: SentAs = "reduced",
    students: dict[str, int] | None = None,
    width: int = 600,
) -> Choice:
    """What is sent of a photo of 600 x 400 pixels.

    Args:
        sent: The file.
        fallback: Another one for browsers without AVIF.
        full_bytes: Size of the best full-size file.
        form: How it is sent.
        students: What each student would have sent, by its hash; the first one is used.
        width: Another width, of the same shape.
    """
    students = students or {}
    return Choice(
        form=form,
        student=next(iter(students), "x") if form == "reduced" else None,
        width=width,
        height=round(width * 400 / 600),
        sent=sent,
        fallback=fallback,
        full=sent_file(digit="c", bytes_=full_bytes),
        sent_at_target=sent.bytes,
        full_at_target=full_bytes if form == "reduced" else sent.bytes,
        fixed={"AVIF": 2000, "WEBP": 3000, "JPEG": 4000},
        without_students=full_bytes,
        with_student=students,
        reached=True,
        first_codec_bytes=full_bytes + 100,
        first_filter_bytes=sent.bytes + 10 if form == "reduced" else full_bytes,
        looks=1,
    )
