"""HEIC is read where pillow-heif is installed, and named elsewhere."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pixels.stills import opening
from pixels.stills.files import ImageError, decode_picture, read_picture
from pixels.stills.listing import look_through
from tests.made.files import smooth
from tests.made.profiles import P3, rgb_profile
from tests.missing import require_module

HEAD = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)


@pytest.fixture
def heif() -> Any:  # noqa: ANN401
    require_module("pillow_heif", "pip install pillow-heif")
    return importlib.import_module("pillow_heif")


def heic(heif: Any, pixels: np.ndarray, **options: Any) -> bytes:  # noqa: ANN401
    heif.register_heif_opener(thumbnails=False)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "HEIF", quality=95, chroma=444, **options)
    return file.getvalue()


@pytest.mark.parametrize("name", ["IMG_1.HEIC", "IMG_1.JPG"])
def test_without_pillow_heif_it_is_named(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_heic_is_read", lambda: False)
    (tmp_path / name).write_bytes(HEAD)
    with pytest.raises(
        ImageError, match=rf"{name}: is a HEIC photo; .* pip install 'halfsize\[heic\]'"
    ):
        read_picture(tmp_path / name)
    listing = look_through(tmp_path)
    assert ("pip install 'halfsize[heic]'" in listing.note) == (name == "IMG_1.HEIC")


@pytest.mark.parametrize("name", ["IMG_1.HEIC", "IMG_1.JPG", "IMG_1"])
def test_it_is_found_and_read_by_its_contents(heif: Any, tmp_path: Path, name: str) -> None:  # noqa: ANN401
    (tmp_path / name).write_bytes(heic(heif, smooth(48, 64)))
    (path,) = look_through(tmp_path).pictures
    difference = read_picture(path).rgb.astype(int) - smooth(48, 64)
    assert np.abs(difference).mean() < 4


def test_turn_profile_and_alpha_are_applied_as_to_every_photo(heif: Any) -> None:  # noqa: ANN401
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = rgb_profile(P3, 2.2)
    alpha = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    clear = np.dstack([smooth(48, 64), alpha])
    read = decode_picture(heic(heif, clear, exif=exif.tobytes(), icc_profile=profile), "a.heic")
    file = io.BytesIO()
    Image.fromarray(clear).save(file, "PNG", exif=exif, icc_profile=profile)
    expected = decode_picture(file.getvalue(), "a.png")
    assert read.size == expected.size == (64, 48)
    assert read.alpha is not None
    assert expected.alpha is not None
    assert np.abs(read.alpha.astype(int) - expected.alpha).mean() < 3
    assert np.abs(read.rgb.astype(int) - expected.rgb).mean() < 4


def test_damaged_files_give_a_picture_or_a_sentence(heif: Any) -> None:  # noqa: ANN401
    whole = np.frombuffer(heic(heif, smooth(48, 64)), np.uint8)
    rng = np.random.default_rng(1)
    for _ in range(60):
        damaged = whole.copy()
        damaged[rng.integers(0, len(whole), 3)] = rng.integers(0, 256, 3)
        try:
            decode_picture(damaged.tobytes(), "a.heic", max_pixels=10_000_000)
        except ImageError as error:
            assert str(error).startswith("a.heic: ")
