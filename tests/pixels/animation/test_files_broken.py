"""Animations that are cut off, damaged or absurd, and targets that cannot hold them."""

from __future__ import annotations

import resource
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pixels.animation import files
from pixels.animation.files import read_animation, write_animation
from pixels.stills.files import ImageError
from pixels.stills.png_rows import SIGNATURE, chunk
from tests.made.animations import animation, drawing, gif, seen
from tests.made.photos import noise

SUFFIXES = [".gif", ".png", ".webp"]


def made(path: Path, holes: bool = False) -> bytes:
    write_animation(path, animation([drawing(n, holes=holes) for n in range(4)]))
    return path.read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_cut_anywhere_says_so_or_shows_all_frames(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    data = made(path)
    whole = read_animation(path)
    assert whole is not None
    expected = seen(whole)
    for length in range(60, len(data), 7):
        path.write_bytes(data[:length])
        try:
            cut = read_animation(path)
            frames = [] if cut is None else seen(cut)
        except ImageError as error:
            assert str(error).startswith(f"{path}: ")
            assert "cut off" in str(error) or "damaged" in str(error)
            continue
        # GIF has no count: cut between two frames it is a shorter one; of one frame it is a still.
        assert suffix == ".gif"
        assert len(frames) < 4 or length == len(data) - 1
        for frame, other in zip(frames, expected, strict=False):
            np.testing.assert_array_equal(frame, other)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_damage_never_gives_more_than_a_sentence(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    data = made(path, holes=True)
    rng = np.random.default_rng(0)
    failures = 0
    for _ in range(150):
        broken = bytearray(data)
        for place in rng.integers(6, len(data), 3):
            broken[place] = rng.integers(256)
        path.write_bytes(broken)
        try:
            found = read_animation(path)
            if found is not None and found.size[0] * found.size[1] < 10**6:
                seen(found)
        except ImageError as error:
            failures += 1
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
    assert failures > 20


def test_absurd_sizes_and_counts_are_refused_before_anything_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_FRAMES", 20)  # twenty thousand take seconds to write
    path = tmp_path / "a.gif"
    pieces = [(0, 0, 1, 1, 1, 1)] * 2
    path.write_bytes(gif(pieces, size=(65535, 65535)))
    with pytest.raises(ImageError, match=r"a\.gif: has frames of 65535 x 65535 .*17 megapixels"):
        read_animation(path)
    path.write_bytes(gif(pieces * 11))
    with pytest.raises(ImageError, match="has 22 frames, more than the 20 allowed"):
        read_animation(path)
    huge = bytearray(gif(pieces))
    place = huge.rfind(b",") + 5
    huge[place : place + 4] = b"\xff" * 4
    path.write_bytes(huge)
    with pytest.raises(ImageError, match="has frames of 65535 x 65535"):
        read_animation(path)


def test_an_apng_that_promises_more_frames_than_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    data = made(path)
    path.write_bytes(data.replace(chunk(b"acTL", struct.pack(">II", 4, 0)),
                                  chunk(b"acTL", struct.pack(">II", 2**31, 0))))  # fmt: skip
    with pytest.raises(ImageError, match="4 of 2147483648 frames"):
        read_animation(path)
    path.write_bytes(SIGNATURE + chunk(b"acTL", struct.pack(">II", 2, 0)))
    with pytest.raises(ImageError, match="cut off"):
        read_animation(path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jpg", r"a\.jpg: cannot hold an animation; use \.gif \.png \.apng \.webp"),
        ("missing/a.gif", r"the folder .*missing does not exist; create it first"),
        ("folder.gif", r"folder\.gif: cannot be written: is a directory"),
    ],
)
def test_wrong_targets_give_a_sentence(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / "folder.gif").mkdir()
    with pytest.raises(ImageError, match=expected):
        write_animation(tmp_path / name, animation([drawing(0), drawing(1)]))
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.gif"]


@pytest.mark.parametrize(
    ("suffix", "width", "limit"), [(".webp", 16_384, 16_383), (".gif", 65_536, 65_535)]
)
def test_formats_refuse_sizes_they_cannot_hold(
    tmp_path: Path, suffix: str, width: int, limit: int
) -> None:
    canvas = np.full((1, width, 4), 255, np.uint8)
    with pytest.raises(ImageError, match=f"at most {limit} pixels a side"):
        write_animation(tmp_path / f"a{suffix}", animation([canvas, canvas]))
    fitting = animation([canvas[:, 1:], canvas[:, 1:]])
    write_animation(tmp_path / f"a{suffix}", fitting)
    back = read_animation(tmp_path / f"a{suffix}")
    assert back is not None and seen(back)[1].shape == (1, limit, 4)


@pytest.mark.parametrize(("suffix", "longest"), [(".gif", 655), (".webp", 16777), (".png", 65535)])
def test_formats_refuse_times_they_cannot_hold(tmp_path: Path, suffix: str, longest: int) -> None:
    path = tmp_path / f"a{suffix}"
    canvases = [drawing(0), drawing(1)]
    write_animation(path, animation(canvases, [Fraction(longest)] * 2))
    old = path.read_bytes()
    with pytest.raises(ImageError, match=f"cannot be written: a frame of {longest + 1} s is too"):
        write_animation(path, animation(canvases, [Fraction(longest + 1)] * 2))
    assert path.read_bytes() == old


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    old = made(path)
    full = np.dstack([noise(64, 64), np.full((64, 64), 255, np.uint8)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, limits[1]))  # stands in for a full disk
    try:
        with pytest.raises(ImageError, match="cannot be written: file too large"):
            write_animation(path, animation([full, full[::-1], full[:, ::-1]]), quality=100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
