"""Depths and modes; the pixels expected are reasoned out."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from pixels.stills.files import ImageError, read_picture
from tests.made.files import (
    one_pixel,
    png,
    save,
)
from tests.made.profiles import (
    lab_to_srgb,
)

DEEP = np.array([[0, 100, 255, 256, 32767, 32896, 65535]], np.uint16)
DEEP_AS_BYTES = [0, 0, 1, 1, 127, 128, 255]  # round(value / 257)


def greys(path: Path) -> list[int]:
    picture = read_picture(path)
    assert (picture.rgb == picture.rgb[:, :, :1]).all()
    return picture.rgb[0, :, 0].tolist()


def test_16_bit_grey_is_scaled(tmp_path: Path) -> None:
    assert greys(save(tmp_path / "a.png", Image.fromarray(DEEP))) == DEEP_AS_BYTES
    assert greys(save(tmp_path / "a.jp2", Image.fromarray(DEEP))) == DEEP_AS_BYTES
    assert greys(save(tmp_path / "i.tif", Image.fromarray(DEEP.astype(np.int32)))) == DEEP_AS_BYTES
    for order in ("<", ">"):
        for compression in (None, "zlib"):
            tifffile.imwrite(tmp_path / "a.tif", DEEP, byteorder=order, compression=compression)
            assert greys(tmp_path / "a.tif") == DEEP_AS_BYTES
    (tmp_path / "a.pgm").write_bytes(b"P5 7 1 65535\n" + DEEP.astype(">u2").tobytes())
    assert greys(tmp_path / "a.pgm") == DEEP_AS_BYTES
    (tmp_path / "b.pgm").write_bytes(b"P5 3 1 1023\n" + np.array([0, 512, 1023], ">u2").tobytes())
    assert greys(tmp_path / "b.pgm") == [0, 128, 255]


def test_12_bit_grey_is_scaled(tmp_path: Path) -> None:
    data = bytes.fromhex("fff800 000000".replace(" ", ""))  # 4095, 2048, 0, 0
    tags = [
        (256, 4),
        (257, 1),
        (258, 12),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, 1),
        (279, 6),
    ]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    body = (
        struct.pack("<2sHI", b"II", 42, 14)
        + data
        + struct.pack("<H", len(tags))
        + entries
        + bytes(4)
    )
    (tmp_path / "a.tif").write_bytes(body)
    assert greys(tmp_path / "a.tif") == [255, 128, 0, 0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_white_is_zero_is_turned_round(tmp_path: Path, dtype: Any) -> None:  # noqa: ANN401
    full = 1.0 if dtype == np.float32 else np.iinfo(dtype).max
    samples = (np.array([[0, 0.2, 1]]) * full).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="miniswhite")
    assert greys(tmp_path / "a.tif") == [255, 204, 0]


def test_float_grey_is_read_in_either_usual_range(tmp_path: Path) -> None:
    for samples in ([[0.0, 0.2, 1.0]], [[0.0, 51.0, 255.0]]):
        save(tmp_path / "a.tif", Image.fromarray(np.array(samples, np.float32)))
        assert greys(tmp_path / "a.tif") == [0, 51, 255]


@pytest.mark.parametrize(
    "samples",
    [
        np.array([[0.5, np.nan]], np.float32),
        np.array([[0.5, np.inf]], np.float32),
        np.array([[-1.0, 0.5]], np.float32),
        np.array([[0.0, 4000.0]], np.float32),
        np.array([[-3, 5]], np.int32),
        np.array([[0, 70_000]], np.int32),
    ],
)
def test_grey_without_a_known_range_is_refused(tmp_path: Path, samples: NDArray[Any]) -> None:
    save(tmp_path / "a.tif", Image.fromarray(samples))
    with pytest.raises(ImageError, match=r"a\.tif: has grey values from .* expected 8 or 16 bits"):
        read_picture(tmp_path / "a.tif")


def test_16_bit_colour_is_scaled(tmp_path: Path) -> None:
    colour = np.array([[[0, 32896, 65535]]], np.uint16)
    png(tmp_path / "a.png", 16, 2, [colour.astype(">u2").tobytes()])
    assert one_pixel(tmp_path / "a.png") == [0, 128, 255]
    for order in ("<", ">"):
        tifffile.imwrite(tmp_path / "a.tif", colour, photometric="rgb", byteorder=order)
        assert one_pixel(tmp_path / "a.tif") == [0, 128, 255]
    clear = np.array([[[0, 32896, 65535, 257 * 7]]], np.uint16)
    tifffile.imwrite(tmp_path / "b.tif", clear, photometric="rgb", extrasamples=["unassalpha"])
    picture = read_picture(tmp_path / "b.tif")
    assert picture.rgb.tolist() == [[[0, 128, 255]]]
    assert picture.alpha is not None
    assert picture.alpha.tolist() == [[7]]


def test_16_bit_planes_are_read_rightly_or_refused(tmp_path: Path) -> None:
    planes = np.arange(3 * 5 * 7, dtype=np.uint16).reshape(3, 5, 7) * 600
    options: dict[str, Any] = {"photometric": "rgb", "planarconfig": "separate"}
    tifffile.imwrite(tmp_path / "a.tif", planes, compression="zlib", **options)
    np.testing.assert_array_equal(
        read_picture(tmp_path / "a.tif").rgb, planes.transpose(1, 2, 0) >> 8
    )
    tifffile.imwrite(tmp_path / "b.tif", planes, **options)
    with pytest.raises(
        ImageError, match="16-bit TIFF of separate colour planes; save it interleaved"
    ):
        read_picture(tmp_path / "b.tif")


def test_palettes_with_and_without_transparency(tmp_path: Path) -> None:
    palette = bytes((255, 0, 0, 0, 255, 0, 0, 0, 255))
    png(tmp_path / "a.png", 8, 3, [b"\0\1\2"], PLTE=palette)
    picture = read_picture(tmp_path / "a.png")
    assert picture.rgb.tolist() == [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]
    assert picture.alpha is None
    for transparency, alphas in [(b"\x09\x80", [9, 128, 255]), (b"\xff\0", [255, 0, 255])]:
        png(tmp_path / "b.png", 8, 3, [b"\0\1\2"], PLTE=palette, tRNS=transparency)
        picture = read_picture(tmp_path / "b.png")
        assert picture.rgb.tolist() == [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]
        assert picture.alpha is not None
        assert picture.alpha.tolist() == [alphas]


@pytest.mark.parametrize(
    ("bits", "colour_type", "row", "key", "greens", "alphas"),
    [
        (1, 0, b"\x0f", (1,), [0, 0, 0, 0, 255, 255, 255, 255], [255] * 4 + [0] * 4),
        (2, 0, b"\x1b", (2,), [0, 85, 170, 255], [255, 255, 0, 255]),
        (4, 0, b"\x5f", (5,), [85, 255], [0, 255]),
        (8, 0, b"\x05\x06", (5,), [5, 6], [0, 255]),
        (16, 0, b"\x80\x80\x80\x81", (0x8081,), [128, 128], [255, 0]),
        (8, 2, b"\1\2\3\1\2\4", (1, 2, 3), [2, 2], [0, 255]),
        (16, 2, b"\1\1\2\2\3\3\1\1\2\2\4\4", (0x101, 0x202, 0x303), [2, 2], [0, 255]),
    ],
)
def test_one_transparent_colour(
    tmp_path: Path,
    bits: int,
    colour_type: int,
    row: bytes,
    key: tuple[int, ...],
    greens: list[int],
    alphas: list[int],
) -> None:
    transparent = struct.pack(f">{len(key)}H", *key)
    picture = read_picture(png(tmp_path / "a.png", bits, colour_type, [row], tRNS=transparent))
    assert picture.rgb[0, :, 1].tolist() == greens
    assert picture.alpha is not None
    assert picture.alpha.tolist() == [alphas]


@pytest.mark.parametrize(
    ("mode", "colour", "suffix", "expected", "alpha"),
    [
        ("1", 255, ".png", (255, 255, 255), None),
        ("1", 0, ".tif", (0, 0, 0), None),
        ("L", 77, ".png", (77, 77, 77), None),
        ("L", 77, ".gif", (77, 77, 77), None),
        ("L", 77, ".jp2", (77, 77, 77), None),
        ("LA", (77, 9), ".png", (77, 77, 77), 9),
        ("LA", (77, 9), ".tif", (77, 77, 77), 9),
        ("RGBA", (1, 2, 3, 0), ".png", (1, 2, 3), 0),
        ("RGBA", (1, 2, 3, 255), ".png", (1, 2, 3), None),
        ("RGB", (1, 2, 3), ".qoi", (1, 2, 3), None),
        ("RGB", (1, 2, 3), ".ppm", (1, 2, 3), None),
        ("RGBX", (1, 2, 3, 4), ".tif", (1, 2, 3), None),
        # JFIF: R = Y + 1.402 (Cr - 128), G = Y - 0.714136 (Cr - 128), B = Y
        ("YCbCr", (128, 128, 178), ".tif", (198.1, 92.3, 128), None),
        ("LAB", (128, 128, 128), ".tif", (119.3, 119.3, 119.3), None),  # L* = 128 / 2.55
        ("LAB", (153, 108, 158), ".tif", lab_to_srgb(60, -20, 30), None),
    ],
)
def test_modes(
    tmp_path: Path,
    mode: str,
    colour: Any,  # noqa: ANN401
    suffix: str,
    expected: tuple[float, float, float],
    alpha: int | None,
) -> None:
    path = save(tmp_path / f"a{suffix}", Image.new(mode, (5, 3), colour))
    picture = read_picture(path)
    assert picture.size == (3, 5)
    np.testing.assert_allclose(picture.rgb[1, 2], expected, atol=1)
    assert (picture.alpha is None) == (alpha is None)
    assert picture.alpha is None or (picture.alpha == alpha).all()


def test_premultiplied_alpha_becomes_straight(tmp_path: Path) -> None:
    for samples, expected in [((50, 100), 127.5), ((50, 50, 50, 100), 127.5), ((0, 0), 0)]:
        pixel = np.array([[samples]], np.uint8)
        photometric = "rgb" if len(samples) == 4 else "minisblack"
        options: dict[str, Any] = {"photometric": photometric, "extrasamples": ["assocalpha"]}
        tifffile.imwrite(tmp_path / "a.tif", pixel, planarconfig="contig", **options)
        picture = read_picture(tmp_path / "a.tif")
        np.testing.assert_allclose(picture.rgb, np.full((1, 1, 3), expected), atol=0.5)
        assert picture.alpha is not None
        assert picture.alpha.tolist() == [[samples[-1]]]


def test_of_an_animation_the_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((250, 0, 0), (0, 250, 0))]
    for suffix in (".gif", ".png", ".webp", ".tif"):
        options: dict[str, Any] = {"save_all": True, "append_images": frames[1:]}
        options |= {"lossless": True} if suffix == ".webp" else {}
        assert one_pixel(save(tmp_path / f"a{suffix}", frames[0], **options)) == [250, 0, 0]


def test_contents_decide_and_not_the_suffix(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4), (1, 2, 3)).save(tmp_path / "a.jpg", format="PNG")
    assert one_pixel(tmp_path / "a.jpg") == [1, 2, 3]
