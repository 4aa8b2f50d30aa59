"""A PNG is shown whatever its texts are: by a browser, and here."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from pixels.animation.files import read_animation
from pixels.stills.files import ImageError, decode_picture, read_picture
from pixels.stills.png_chunks import without_texts
from tests.made.files import png_chunk, smooth

AFTER_HEADER = 33  # signature and IHDR


def png_of(pixels: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", **options)
    return file.getvalue()


def with_chunks(content: bytes, *chunks: bytes, before: bytes = b"IDAT") -> bytes:
    at = content.index(before) - 4
    return content[:at] + b"".join(chunks) + content[at:]


def broken(chunk: bytes) -> bytes:
    """The chunk with a wrong checksum."""
    return chunk[:-1] + bytes([chunk[-1] ^ 0xFF])


def large_text(name: bytes) -> bytes:
    body = b"workflow\0" + zlib.compress(bytes(3_000_000))
    return png_chunk(name, body if name != b"zTXt" else b"workflow\0\0" + body[9:])


@pytest.mark.parametrize(
    "chunk",
    [
        large_text(b"zTXt"),
        png_chunk(b"iTXt", b"w\0\1\0\0\0" + zlib.compress(bytes(3_000_000))),
        png_chunk(b"tEXt", b"a\0" + bytes(2_000_000)),
        broken(png_chunk(b"tEXt", b"a\0hello")),
        broken(png_chunk(b"pHYs", struct.pack(">IIB", 1, 1, 1))),
        broken(png_chunk(b"eXIf", b"II*\0")),
        broken(png_chunk(b"gAMA", struct.pack(">I", 1))),
        png_chunk(b"tEXt", b"a\0acTL and IDAT"),
    ],
    ids=["zTXt", "iTXt", "tEXt", "tEXt crc", "pHYs crc", "eXIf crc", "gAMA crc", "acTL in a text"],
)
@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
def test_a_good_png_is_read_whatever_its_texts_are(
    tmp_path: Path, chunk: bytes, before: bytes
) -> None:
    (tmp_path / "a.png").write_bytes(with_chunks(png_of(smooth()), chunk, before=before))
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").rgb, smooth())
    assert read_animation(tmp_path / "a.png") is None


def test_a_large_profile_is_read() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = png_of(smooth(), icc_profile=profile + os.urandom(16) + bytes(2_000_000))
    shown = decode_picture(content, "a.png").rgb.astype(int)
    assert np.abs(shown - smooth()).max() <= 1


def test_an_animation_is_read_whatever_its_texts_are(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.roll(smooth(), step, 1)) for step in range(3)]
    info = PngInfo()
    info.add_text("a", "hello")
    frames[0].save(
        tmp_path / "a.png", save_all=True, append_images=frames[1:], duration=50, pnginfo=info
    )
    content = bytearray((tmp_path / "a.png").read_bytes())
    at = content.index(b"tEXt")
    content[at + 4 + struct.unpack(">I", content[at - 4 : at])[0]] ^= 0xFF
    (tmp_path / "a.png").write_bytes(content)
    animation = read_animation(tmp_path / "a.png")
    assert animation is not None
    for frame, expected in zip(animation.frames(), frames, strict=True):
        np.testing.assert_array_equal(frame.picture.rgb, np.asarray(expected))


def test_pixels_that_are_damaged_or_missing_are_still_refused() -> None:
    content = png_of(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))
    header = bytearray(content)
    header[AFTER_HEADER - 1] ^= 0xFF  # a critical chunk's checksum
    for damaged in (content[: len(content) // 2], bytes(header)):
        with pytest.raises(ImageError, match=r"a\.png: is (cut off|not a picture)"):
            decode_picture(damaged, "a.png")


def test_the_rest_is_read_as_if_nothing_had_been_between() -> None:
    plain = png_of(smooth())
    text, bad = png_chunk(b"tEXt", b"a\0b"), broken(png_chunk(b"tIME", bytes(7)))
    file = without_texts(io.BytesIO(with_chunks(with_chunks(plain, text), bad, before=b"IEND")))
    assert file.read() == plain
    assert file.seek(-12, io.SEEK_END) == len(plain) - 12
    assert file.read(4) + file.read() == plain[-12:]
    assert file.read() == b""
    for start in range(0, len(plain), 7):
        file.seek(start)
        assert file.read(11) == plain[start : start + 11]


def test_a_png_without_texts_is_read_from_the_file_itself() -> None:
    file = io.BytesIO(png_of(smooth()))
    assert without_texts(file) is file
