"""Bad input: one sentence each. And folders."""

from __future__ import annotations

import io
import os
import resource
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pixels.stills.files import ImageError, Picture, read_picture, write_picture
from pixels.stills.listing import list_pictures
from tests.made.files import (
    EXIF_NAMES,
    png_chunk,
    save,
    smooth,
)
from tests.made.profiles import (
    P3,
    rgb_profile,
)


@pytest.mark.parametrize("name", [*EXIF_NAMES, "a.gif", "a.bmp", "a.jp2", "a.ppm", "a.qoi"])
def test_cut_off_files_are_refused_and_never_filled_up(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    whole = save(tmp_path / name, Image.fromarray(noise)).read_bytes()
    for part in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97):
        (tmp_path / name).write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(ImageError, match=f"{name}: is (not a picture|cut off|empty)"):
            read_picture(tmp_path / name)


@pytest.mark.parametrize("name", [*EXIF_NAMES, "a.gif", "a.jp2"])
def test_damaged_files_give_a_picture_or_a_sentence(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(1)
    exif = Image.Exif()
    exif[0x0112] = 6
    options: dict[str, Any] = {} if name in ("a.gif", "a.jp2") else {"exif": exif}
    path = save(
        tmp_path / name, Image.fromarray(smooth()), icc_profile=rgb_profile(P3, 2.2), **options
    )
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    for _ in range(100):
        damaged = whole.copy()
        damaged[rng.integers(0, len(whole), 3)] = rng.integers(0, 256, 3)
        path.write_bytes(damaged.tobytes())
        try:
            picture = read_picture(path, max_pixels=10_000_000)
        except ImageError as error:
            assert str(error).startswith(f"{path}: ")
            assert "\n" not in str(error)
        else:
            assert picture.rgb.dtype == np.uint8


@contextmanager
def little_memory() -> Iterator[None]:
    """Let the process take only 100 MB more, where the system can."""
    if sys.platform != "linux":
        yield
        return
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + 100_000_000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def png_without_pixels(side: int) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", bytes(8))


def huge_headers() -> dict[str, bytes]:
    side = 100_000
    frame = struct.pack(">HBHHB", 17, 8, 65_000, 65_000, 3) + bytes((1, 17, 0, 2, 17, 0, 3, 17, 0))
    jpeg = io.BytesIO()
    Image.new("RGB", (8, 8)).save(jpeg, "JPEG")
    start = jpeg.getvalue().index(b"\xff\xc0") + 2
    jpeg_bytes = jpeg.getvalue()[:start] + frame + jpeg.getvalue()[start + 17 :]
    bmp = b"BM" + struct.pack("<I4xI", 1000, 54) + struct.pack("<IiiHH24x", 40, side, side, 1, 24)
    return {
        "a.png": png_without_pixels(side),
        "a.jpg": jpeg_bytes,
        "a.bmp": bmp,
        "a.ppm": b"P6 100000 100000 255\n",
    }


@pytest.mark.parametrize("name", huge_headers())
def test_huge_sizes_are_refused_before_memory_is_taken(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(huge_headers()[name])
    expected = rf"{name}: has \d+ x \d+ pixels, more than the 268 megapixels"
    with little_memory(), pytest.raises(ImageError, match=expected):
        read_picture(tmp_path / name)


def test_the_limit_is_the_callers(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.new("RGB", (100, 50)))
    assert read_picture(path, max_pixels=5000).size == (50, 100)
    with pytest.raises(ImageError, match="has 100 x 50 pixels"):
        read_picture(path, max_pixels=4999)
    # Pillow would warn at 89 megapixels and refuse at 179. Here it comes as far as the pixels.
    for side in (12_000, 16_000):
        path.write_bytes(png_without_pixels(side))
        limit = Image.MAX_IMAGE_PIXELS
        with pytest.raises(ImageError, match=r"a\.png: is cut off or damaged"):
            read_picture(path)
        assert limit == Image.MAX_IMAGE_PIXELS


def test_files_that_are_not_pictures_give_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("this is no picture, whatever it is called\n" * 20)
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    (tmp_path / "drawing.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    os.mkfifo(tmp_path / "pipe.png")
    for name, reason in [
        ("text.png", "is not a picture"),
        ("empty.jpg", r"is empty \(0 bytes\)"),
        ("folder.png", "is not a file"),
        ("missing.png", "does not exist"),
        ("dangling.png", "does not exist"),
        ("loop.png", "does not exist"),
        ("pipe.png", "is not a file"),
        ("text.png/a.png", "does not exist"),
        ("x" * 300 + ".png", "cannot be read: file name too long"),
    ]:
        with pytest.raises(ImageError, match=f"{name}: {reason}.*; expected a photo as JPEG, PNG"):
            read_picture(tmp_path / name)
    with pytest.raises(ImageError, match=r"drawing\.eps: is a vector drawing; only photos"):
        read_picture(tmp_path / "drawing.eps")


def test_a_socket_is_not_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("a.png")
        with pytest.raises(ImageError, match=r"a\.png: is not a file"):
            read_picture(Path("a.png"))


def test_locked_files_and_folders_give_a_sentence(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.new("RGB", (4, 4)))
    path.chmod(0)
    tmp_path.chmod(0o111)
    user = os.geteuid()
    if user == 0:
        for folder in tmp_path.parents:  # pytest's own, which only their owner may enter
            if folder.name.startswith(("pytest-", "popen-")):
                folder.chmod(0o711)
        os.seteuid(65534)  # root may read everything
    try:
        with pytest.raises(ImageError, match=r"a\.png: cannot be read: permission denied"):
            read_picture(path)
        with pytest.raises(ImageError, match="cannot be listed: permission denied"):
            list_pictures(tmp_path)
        with pytest.raises(ImageError, match=r"b\.png: cannot be written: permission denied"):
            write_picture(tmp_path / "b.png", Picture(smooth()))
    finally:
        os.seteuid(user)
        tmp_path.chmod(0o700)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can lower the memory limit")
def test_memory_that_runs_out_gives_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_without_pixels(16_000))
    with (
        little_memory(),
        pytest.raises(ImageError, match=r"a\.png: does not fit into memory; make it smaller first"),
    ):
        read_picture(tmp_path / "a.png")


def test_folders_are_searched_in_a_fixed_order(tmp_path: Path) -> None:
    wanted = ["B.JPG", "a.png", "sub/d.avif", "sub/deep/c.webp"]
    others = [".hidden.png", ".git/e.png", "notes.txt", "sub/.part-f.png", "g", "sub/thumbs.db"]
    for name in wanted + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    found = list_pictures(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == wanted


def test_a_folder_below_a_hidden_one_is_searched(tmp_path: Path) -> None:
    folder = tmp_path / ".cache" / "photos"
    folder.mkdir(parents=True)
    (folder / "a.png").touch()
    assert list_pictures(folder) == [folder / "a.png"]


def test_wrong_folders_give_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    for folder, reason in [
        (tmp_path, "contains no pictures; expected files ending in .apng .avif .bmp"),
        (tmp_path / "a.txt", "is not a folder; expected a folder of photos"),
        (tmp_path / "missing", "does not exist; expected a folder of photos"),
    ]:
        with pytest.raises(ImageError, match=f"{folder}: {reason}"):
            list_pictures(folder)
