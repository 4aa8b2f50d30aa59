"""Colour profiles; every picture is a real file, the pixels expected are reasoned out."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from pixels.stills.files import read_picture
from tests.made.files import (
    one_pixel,
    png,
    save,
    smooth,
)
from tests.made.profiles import (
    P3,
    SRGB,
    cmyk_profile,
    grey_profile,
    lab_to_srgb,
    rgb_profile,
    srgb_bytes,
)


def test_srgb_profile_changes_nothing(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = save(tmp_path / "a.png", Image.fromarray(smooth()), icc_profile=profile)
    np.testing.assert_array_equal(read_picture(path).rgb, smooth())


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp", ".avif", ".jpg"])
@pytest.mark.parametrize("colour", [(200, 100, 100), (90, 140, 60), (50, 60, 120), (128, 128, 128)])
def test_wide_gamut_becomes_srgb(tmp_path: Path, suffix: str, colour: tuple[int, int, int]) -> None:
    linear = np.linalg.solve(SRGB, P3 @ (np.array(colour) / 255) ** 2.2)
    options: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {"quality": 100}
    options |= {"subsampling": "4:4:4"} if suffix in (".jpg", ".avif") else {}
    image = Image.new("RGB", (16, 16), colour)
    path = save(tmp_path / f"a{suffix}", image, icc_profile=rgb_profile(P3, 2.2), **options)
    got = one_pixel(path)
    np.testing.assert_allclose(
        got, srgb_bytes(linear), atol=3 if suffix in (".jpg", ".avif") else 1
    )
    assert np.ptp(got) >= np.ptp(colour)  # the same numbers mean stronger colours in P3


def test_profile_leaves_alpha_alone_and_reaches_palettes(tmp_path: Path) -> None:
    profile = rgb_profile(P3, 2.2)
    plain = one_pixel(
        save(tmp_path / "a.png", Image.new("RGB", (4, 4), (200, 100, 100)), icc_profile=profile)
    )
    clear = read_picture(
        save(
            tmp_path / "b.png", Image.new("RGBA", (4, 4), (200, 100, 100, 77)), icc_profile=profile
        )
    )
    palette = Image.new("RGB", (4, 4), (200, 100, 100)).quantize(4)
    assert plain != [200, 100, 100]
    assert clear.rgb[0, 0].tolist() == plain
    assert clear.alpha is not None
    assert (clear.alpha == 77).all()
    assert one_pixel(save(tmp_path / "c.png", palette, icc_profile=profile)) == plain


@pytest.mark.parametrize(
    "profile", [grey_profile(1.0), rgb_profile(SRGB, 1.0)], ids=["grey", "rgb"]
)
@pytest.mark.parametrize("mode", ["L", "LA", "I;16", "16-bit LA"])
def test_linear_grey_is_exact_down_to_the_shadows(
    tmp_path: Path, profile: bytes, mode: str
) -> None:
    ramp = np.arange(256, dtype=np.uint8)[None]
    deep = np.stack([ramp.astype(">u2") * 257, np.full_like(ramp, 0, ">u2")], axis=-1).astype(">u2")
    path = tmp_path / "a.png"
    if mode == "16-bit LA":
        png(path, 16, 4, [deep.tobytes()], iCCP=b"t\0\0" + zlib.compress(profile))
    elif mode == "I;16":
        save(path, Image.fromarray(ramp.astype(np.uint16) * 257), icc_profile=profile)
    else:
        save(path, Image.fromarray(ramp).convert(mode), icc_profile=profile)
    expected = np.repeat(srgb_bytes(ramp / 255.0)[..., None], 3, axis=2)
    np.testing.assert_allclose(read_picture(path).rgb, expected, atol=0.6)


def test_cmyk_follows_its_profile(tmp_path: Path) -> None:
    lab = (60, -20, 30)
    profile = cmyk_profile(lab)
    inks = {"cyan": (255, 0, 0, 0), "paper": (0, 0, 0, 0), "black": (0, 0, 0, 255)}
    expected = {"cyan": lab_to_srgb(*lab), "paper": (255, 255, 255), "black": (0, 0, 0)}
    for name, ink in inks.items():
        for suffix in (".tif", ".jpg"):
            image = Image.new("CMYK", (16, 16), ink)
            path = save(tmp_path / f"{name}{suffix}", image, icc_profile=profile, quality=100)
            np.testing.assert_allclose(one_pixel(path), expected[name], atol=3)


def test_cmyk_without_profile_is_ink_on_paper(tmp_path: Path) -> None:
    for ink, expected in [
        ((0, 0, 0, 0), (255, 255, 255)),
        ((255, 0, 0, 0), (0, 255, 255)),
        ((0, 255, 0, 0), (255, 0, 255)),
        ((0, 0, 255, 0), (255, 255, 0)),
        ((0, 0, 0, 255), (0, 0, 0)),
        ((0, 0, 0, 127), (128, 128, 128)),
    ]:
        image = Image.new("CMYK", (16, 16), ink)
        np.testing.assert_allclose(one_pixel(save(tmp_path / "a.tif", image)), expected, atol=1)
        path = save(tmp_path / "a.jpg", image, quality=100)
        assert b"Adobe" in path.read_bytes()  # so the file holds the inks upside down
        np.testing.assert_allclose(one_pixel(path), expected, atol=2)


@pytest.mark.parametrize(
    "profile",
    [b"nonsense", rgb_profile(P3, 2.2)[:200], grey_profile(1.0), cmyk_profile((60, -20, 30))],
    ids=["nonsense", "cut off", "for grey", "for CMYK"],
)
def test_a_profile_that_does_not_fit_counts_as_srgb(tmp_path: Path, profile: bytes) -> None:
    image = Image.new("RGB", (4, 4), (200, 100, 50))
    assert one_pixel(save(tmp_path / "a.png", image, icc_profile=profile)) == [200, 100, 50]
    cmyk = Image.new("CMYK", (4, 4), (255, 0, 0, 0))
    if profile[16:20] != b"CMYK":
        assert one_pixel(save(tmp_path / "a.tif", cmyk, icc_profile=profile)) == [0, 255, 255]
