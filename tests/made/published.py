"""A published site that tests share, and choices made by hand."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from export.publish.choice import Choice, SentAs, SentFile
from pixels.sending.codecs import Codec
from plumbing.disk import sha256_of
from plumbing.paths import DIST
from tests.made.commands import Finished, command_here
from tests.made.students import write_bilinear_student


def require_page_library() -> None:
    """Skip the test where the page's library is not built; where CI is set, that is a failure."""
    if not (DIST / "halfsize.js").is_file() and not os.environ.get("CI"):
        pytest.skip("the page's library is not built")


QUICK = ("--codecs", "WEBP", "JPEG", "--quality", "50", "--base-url", "/media/", "--jobs", "1")


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
    """A photo for which half size wins, even with bilinear enlargement."""
    small = Image.fromarray(data.astronaut()).resize((40, 40), Image.Resampling.BICUBIC)
    return small.resize((120, 120), Image.Resampling.BICUBIC)


def write_published(folder: Path) -> None:
    """Publish a photo that is sent at half size and two that are not, one of them in a folder."""
    published = Published(folder)
    (published.photos / "Sub Folder").mkdir(parents=True)
    soft_photo().save(published.photos / "soft.png")
    part_of_photo(1, 60, 80).save(published.photos / "Sub Folder" / "sharp & <bright>.png")
    part_of_photo(2).save(published.photos / "square.png")
    write_bilinear_student(published.student)
    finished = published.publish("--json")
    assert finished.status == 0, finished.errors
    (folder / "printed.json").write_text(finished.output)


def sent_file(
    codec: Codec = "AVIF", digit: str = "a", *, bytes_: int = 1000, half: bool = False
) -> SentFile:
    """A file of a photo of 600 x 400 pixels."""
    return SentFile(
        codec=codec,
        quality=50,
        reduction="lanczos" if half else None,
        width=300 if half else 600,
        height=200 if half else 400,
        bytes=bytes_,
        sha256=64 * digit,
        score=60.0,
    )


def choice_of(
    sent: SentFile,
    *,
    fallback: SentFile | None = None,
    full_bytes: int = 1000,
    form: SentAs = "half",
) -> Choice:
    return Choice(
        form=form,
        width=600,
        height=400,
        sent=sent,
        fallback=fallback,
        full=sent_file(digit="c", bytes_=full_bytes),
        reached=True,
        first_codec_bytes=full_bytes + 100,
        first_filter_bytes=sent.bytes + 10 if form == "half" else full_bytes,
        looks=1,
    )
