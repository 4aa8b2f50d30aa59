"""Files of several pictures: counted, and never taken for one in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pixels.stills.listing import list_pictures
from pixels.stills.several import pictures_in
from tests.made.files import smooth

FRAMES = [Image.fromarray(np.roll(smooth(16, 16), step, 1)) for step in range(3)]
SEVERAL = ("a.gif", "a.webp", "a.avif", "a.png", "a.tif")
ALONE = (
    ("b.gif", {}),
    ("b.webp", {"exif": Image.Exif().tobytes()}),  # extended, and still
    ("b.avif", {}),
    ("b.png", {}),
    ("b.tif", {}),
    ("b.jpg", {}),
    ("b.bmp", {}),
)


def write_several(path: Path) -> Path:
    # Copies: Pillow keeps an encoder's settings in a picture.
    first, *others = [frame.copy() for frame in FRAMES]
    first.save(path, save_all=True, append_images=others)
    return path


@pytest.mark.parametrize("name", SEVERAL)
def test_pages_and_frames_are_counted_under_any_name(tmp_path: Path, name: str) -> None:
    path = write_several(tmp_path / name)
    assert pictures_in(path) == 3
    assert pictures_in(path.rename(tmp_path / "photo.jpg")) == 3


@pytest.mark.parametrize(("name", "options"), ALONE)
def test_a_photo_is_one_picture(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    FRAMES[0].copy().save(tmp_path / name, **options)
    assert pictures_in(tmp_path / name) == 1


def test_a_picture_that_the_camera_added_is_not_another_one(tmp_path: Path) -> None:
    FRAMES[0].save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=FRAMES[1:])
    assert pictures_in(tmp_path / "a.jpg") == 1


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"II*\0\xff\xff\xff\xff", b"RIFF    WEBPVP8X"])
def test_what_cannot_be_read_is_for_whoever_decodes_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert pictures_in(tmp_path / "a") == 1


def test_whoever_lists_a_folder_says_which_pictures_are_used_in_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FRAMES[0].copy().save(tmp_path / "alone.webp")
    names = [write_several(tmp_path / name).name for name in ("a.avif", "b.tif")]
    assert len(list_pictures(tmp_path)) == 3
    told = " ".join(capsys.readouterr().err.split())
    assert "only the first page or frame is used of 2 files: a.avif of 3, b.tif of 3" in told
    assert len(list_pictures(tmp_path, whole=True)) == len(list_pictures(tmp_path, quiet=True))
    assert not [name for name in names if name in capsys.readouterr().err]
