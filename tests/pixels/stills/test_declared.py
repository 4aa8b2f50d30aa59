"""Colours that are declared without an ICC profile: as Chromium shows them, or refused."""

from __future__ import annotations

import io
import random
import struct
import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixels.animation.files import read_animation, write_animation
from pixels.animation.frames import Animation, Frame
from pixels.picture import ImageError, Picture
from pixels.stills.files import decode_picture
from tests.made.files import with_chunks, with_nclx
from tests.made.profiles import P3, SRGB, rgb_profile, srgb_bytes

ONE_STEP = 1.0
"""Both sides round to bytes, through other conversions."""

COLOURS = np.array(
    [(200, 100, 100), (90, 140, 60), (50, 60, 120), (128, 128, 128), (20, 30, 25)], np.uint8
)
PICTURE = COLOURS[None].repeat(16, axis=0).repeat(16, axis=1)
SRGB_WHITE = (31270, 32900)
P3_POINTS = (*SRGB_WHITE, 68000, 32000, 26500, 69000, 15000, 6000)
SRGB_POINTS = (*SRGB_WHITE, 64000, 33000, 30000, 60000, 15000, 6000)


def png(image: Image.Image | None = None) -> bytes:
    file = io.BytesIO()
    (image or Image.fromarray(PICTURE)).save(file, "PNG")
    return file.getvalue()


def avif() -> bytes:
    file = io.BytesIO()
    Image.fromarray(PICTURE).save(file, "AVIF", quality=100, subsampling="4:4:4")
    return file.getvalue()


def cicp(primaries: int, transfer: int) -> tuple[bytes, bytes]:
    return b"cICP", bytes((primaries, transfer, 0, 1))


def gamma(value: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(value * 100_000))


def chrm(points: tuple[int, ...]) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *points)


def shown(file: bytes) -> np.ndarray:
    """The colours that we read, one for each patch."""
    return decode_picture(file, "a").rgb[8, 8::16].astype(float)


def linear_of(values: np.ndarray) -> np.ndarray:
    unit = values / 255.0
    return np.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)


AS_P3 = srgb_bytes(np.linalg.solve(SRGB, P3 @ linear_of(COLOURS).T).T)
AS_LINEAR = srgb_bytes(COLOURS / 255.0)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([cicp(12, 13)], AS_P3),
        ([cicp(1, 8)], AS_LINEAR),
        ([gamma(1.0)], AS_LINEAR),
        ([gamma(0.45455), chrm(SRGB_POINTS)], srgb_bytes((COLOURS / 255.0) ** 2.2)),
        ([gamma(0.45455)], COLOURS),
        ([gamma(0.47)], COLOURS),  # near enough, and without chromaticities
        ([cicp(1, 1)], srgb_bytes((COLOURS / 255.0) ** 2.4)),
        ([cicp(2, 8)], COLOURS),  # unspecified primaries: all of it is ignored
        ([(b"cICP", bytes((12, 13, 0, 0)))], COLOURS),  # a narrow range as well
        ([cicp(99, 99), gamma(1.0)], AS_LINEAR),
        ([chrm(P3_POINTS)], COLOURS),  # Chromium heeds cHRM only with gAMA
        ([(b"sRGB", b"\0"), gamma(1.0), chrm(P3_POINTS)], COLOURS),
        ([cicp(1, 13), gamma(1.0)], COLOURS),
        ([cicp(1, 13), (b"iCCP", b"t\0\0" + zlib.compress(rgb_profile(P3, 2.2)))], COLOURS),
        ([gamma(0.45455), chrm((0,) * 8)], COLOURS),
        ([gamma(0.0), chrm(P3_POINTS)], COLOURS),
    ],
)
def test_a_png_is_read_as_a_browser_shows_it(
    chunks: list[tuple[bytes, bytes]], expected: np.ndarray
) -> None:
    np.testing.assert_allclose(shown(with_chunks(png(), *chunks)), expected, atol=ONE_STEP)


def test_gamma_and_chromaticities_work_together() -> None:
    linear = np.linalg.solve(SRGB, P3 @ ((COLOURS / 255.0) ** 2.2).T).T
    got = shown(with_chunks(png(), gamma(1 / 2.2), chrm(P3_POINTS)))
    np.testing.assert_allclose(got, srgb_bytes(linear), atol=ONE_STEP)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        *[((12, 13), AS_P3), ((12, 1), AS_P3), ((12, 2), AS_P3), ((1, 8), AS_LINEAR)],
        *[((1, 13), COLOURS), ((2, 2), COLOURS), ((1, 1), COLOURS), ((99, 13), COLOURS)],
    ],
)
def test_an_avif_is_read_by_its_code_points(codes: tuple[int, int], expected: np.ndarray) -> None:
    # One step of the encoder is up to 13 in the shadows of linear light.
    tolerance = 14.0 if codes == (1, 8) else 3.0
    np.testing.assert_allclose(shown(with_nclx(avif(), *codes)), expected, atol=tolerance)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA"])
def test_every_kind_of_png_is_converted_and_its_alpha_is_not(mode: str) -> None:
    plain = Image.fromarray(PICTURE).convert("L").convert("RGB")
    image = plain.quantize(8) if mode == "P" else plain.convert(mode)
    if mode in ("LA", "RGBA"):
        image.putalpha(77)
    picture = decode_picture(with_chunks(png(image), cicp(12, 8)), "a")
    grey = np.asarray(plain)[8, 8::16] / 255.0
    np.testing.assert_allclose(picture.rgb[8, 8::16], srgb_bytes(grey), atol=ONE_STEP)
    assert picture.alpha is None or (picture.alpha == 77).all()


@pytest.mark.parametrize(
    ("kind", "codes", "word"),
    [
        ("png", (9, 16), "HDR (PQ)"),
        ("png", (9, 18), "HDR (HLG)"),
        ("avif", (9, 16), "HDR (PQ)"),
        ("avif", (9, 18), "HDR (HLG)"),
        ("avif", (1, 12), "transfer function"),
    ],
)
def test_what_cannot_be_shown_alike_everywhere_is_refused(
    kind: str, codes: tuple[int, int], word: str
) -> None:
    file = with_chunks(png(), cicp(*codes)) if kind == "png" else with_nclx(avif(), *codes)
    with pytest.raises(ImageError) as refused:
        decode_picture(file, "sunset")
    assert str(refused.value).startswith("sunset: ")
    assert word in str(refused.value)


@pytest.mark.parametrize("chunk", [cicp(12, 13), gamma(1.0)])
def test_frames_of_an_animation_are_converted_too(
    tmp_path: Path, chunk: tuple[bytes, bytes]
) -> None:
    frames = [Frame(picture=Picture(PICTURE), seconds=Fraction(n)) for n in (1, 2)]
    size = (PICTURE.shape[0], PICTURE.shape[1])
    animation = Animation(size=size, count=2, plays=0, frames=lambda: iter(frames))
    write_animation(tmp_path / "a.png", animation)
    content = (tmp_path / "a.png").read_bytes()
    without_srgb = content[:33] + content[33 + 13 :]
    (tmp_path / "b.png").write_bytes(with_chunks(without_srgb, chunk))
    read = read_animation(tmp_path / "b.png")
    assert read is not None
    expected = AS_P3 if chunk[0] == b"cICP" else AS_LINEAR
    for frame in read.frames():
        np.testing.assert_allclose(frame.picture.rgb[8, 8::16], expected, atol=ONE_STEP)


def test_damaged_declarations_are_read_or_refused_in_a_sentence() -> None:
    chances = random.Random(1)
    files = [avif(), with_chunks(png(), cicp(12, 13), gamma(0.5), chrm(P3_POINTS))]
    for _ in range(300):
        file = bytearray(chances.choice(files))
        for _ in range(chances.randrange(1, 4)):
            file[chances.randrange(8, min(len(file), 420))] = chances.randrange(256)
        try:
            decode_picture(bytes(file[: chances.choice((len(file), 300))]), "a")
        except ImageError as error:
            assert str(error).startswith("a: ")
