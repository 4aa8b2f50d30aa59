"""EXIF: what browsers heed, and what an upright copy keeps."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from pixels.picture import ImageError, Picture
from pixels.stills.exif import exif_to_keep, orientation_of
from pixels.stills.files import read_exif, read_picture, write_bands
from tests.made.files import smooth

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)


def full_exif(orientation: int = 6) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = "someone"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = "2026:11:30 09:00:00"
    details[ExifTags.Base.ExifImageWidth] = 40
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    return exif.tobytes()


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".png", ".avif"])
def test_xmp_turns_nothing(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    image = Image.fromarray(smooth())
    if suffix == ".png":
        chunks = PngInfo()
        chunks.add_itxt("XML:com.adobe.xmp", XMP.decode())
        image.save(path, pnginfo=chunks)
    else:
        image.save(path, xmp=XMP)
    with Image.open(path) as opened:
        opened.load()
        assert opened.getexif()[ExifTags.Base.Orientation] == 6, "Pillow heeds it"
    assert read_picture(path).size == (24, 40)
    assert read_exif(path) == b""


def test_exif_in_a_text_chunk_turns_nothing(tmp_path: Path) -> None:
    chunks = PngInfo()
    chunks.add_text("Raw profile type exif", f"\nexif\n{len(full_exif())}\n{full_exif().hex()}")
    Image.fromarray(smooth()).save(tmp_path / "a.png", pnginfo=chunks)
    assert read_picture(tmp_path / "a.png").size == (24, 40)


@pytest.mark.parametrize("source", [".jpg", ".png", ".webp", ".tif", ".avif"])
@pytest.mark.parametrize("target", [".jpg", ".png", ".webp", ".tif", ".avif"])
def test_an_upright_copy_keeps_what_is_not_about_the_file(
    tmp_path: Path, source: str, target: str
) -> None:
    Image.fromarray(smooth()).save(tmp_path / f"a{source}", exif=full_exif())
    picture = read_picture(tmp_path / f"a{source}")
    kept = read_exif(tmp_path / f"a{source}")
    path = tmp_path / f"b{target}"
    write_bands(path, picture.size, [picture], has_alpha=False, exif=kept)
    assert read_picture(path).size == (40, 24)
    with Image.open(path) as image:
        image.load()
        exif = image.getexif()
        assert exif[ExifTags.Base.Artist] == "someone"
        assert exif.get(ExifTags.Base.Orientation, 1) == 1
        details = exif.get_ifd(ExifTags.IFD.Exif)
        assert details[ExifTags.Base.DateTimeOriginal] == "2026:11:30 09:00:00"
        assert ExifTags.Base.ExifImageWidth not in details
        assert exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"
        assert image.size == (24, 40)


def test_a_png_written_by_rows_keeps_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixels.stills.files._IN_ROWS_PIXELS", 10)
    write_bands(
        tmp_path / "a.png", (24, 40), [Picture(smooth())], has_alpha=False, exif=full_exif(1)
    )
    assert read_exif(tmp_path / "a.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").rgb, smooth())


@pytest.mark.parametrize(("name", "size"), [("a.bmp", 0), ("a.jpg", 70_000)])
def test_a_format_that_cannot_hold_it_is_named(tmp_path: Path, name: str, size: int) -> None:
    exif = full_exif() + bytes(size)
    with pytest.raises(ImageError, match="bytes of metadata") as refused:
        write_bands(tmp_path / name, (24, 40), [Picture(smooth())], has_alpha=False, exif=exif)
    assert name in str(refused.value)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"x" * 50])
def test_damaged_exif_is_none(exif: bytes) -> None:
    file = io.BytesIO()
    Image.fromarray(smooth()).save(file, "PNG", exif=exif)
    with Image.open(io.BytesIO(file.getvalue())) as image:
        assert orientation_of(image) == 1
        assert exif_to_keep(image) == b""
