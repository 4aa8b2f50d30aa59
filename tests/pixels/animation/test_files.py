"""GIF, APNG and WebP animations: frames, times, plays and transparency in and out."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixels.animation.files import read_animation, write_animation
from pixels.animation.frames import Animation
from tests.made.animations import (
    LOOP_FOREVER,
    animation,
    drawing,
    gif,
    gif_controls,
    seen,
    seen_by_pillow,
    visible,
)
from tests.made.photos import photo

SUFFIXES = [".gif", ".png", ".webp"]
RED, GREEN, BLUE = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)
CLEAR = (0, 0, 0, 0)


def reread(path: Path) -> Animation:
    result = read_animation(path)
    assert result is not None
    return result


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("disposal", ["keep", "clear", "restore"])
def test_drawings_come_back_exactly(
    tmp_path: Path, suffix: str, holes: bool, disposal: str
) -> None:
    canvases = [drawing(number, holes=holes) for number in (0, 1, 2, 2, 5, 3)]
    path = tmp_path / f"a{suffix}"
    disposals = [disposal] * 6
    write_animation(path, animation(canvases, disposals=disposals))  # type: ignore[arg-type]
    for frames in (seen(reread(path)), seen_by_pillow(path)):
        assert len(frames) == 6  # the two equal ones were not merged
        for frame, canvas in zip(frames, canvases, strict=True):
            np.testing.assert_array_equal(frame, visible(canvas))
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("plays", [0, 1, 2, 7])
def test_times_and_plays_come_back(tmp_path: Path, suffix: str, plays: int) -> None:
    seconds = [Fraction(hundredths, 100) for hundredths in (0, 1, 4, 250, 10)]
    path = tmp_path / f"a{suffix}"
    write_animation(path, animation([drawing(n) for n in range(5)], seconds, plays=plays))
    back = reread(path)
    assert [frame.seconds for frame in back.frames()] == seconds
    assert (back.plays, back.count, back.size) == (plays, 5, (23, 31))
    with Image.open(path) as image:
        # Pillow gives what is stored: a GIF counts repeats, and has no such block to play once.
        stored = image.info.get("loop")
        expected = {0: 0, 1: None}.get(plays, plays - 1) if suffix == ".gif" else plays
        assert stored == expected
        image.seek(3)
        image.load()
        assert image.info["duration"] == 2500


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_photos_come_close(tmp_path: Path, suffix: str) -> None:
    canvases = [np.dstack([photo(40, 60, n), np.full((40, 60), 255, np.uint8)]) for n in range(3)]
    path = tmp_path / f"a{suffix}"
    write_animation(path, animation(canvases), quality=95)
    limit = {".gif": 8, ".png": 0, ".webp": 5}[suffix]
    for frame, canvas in zip(seen_by_pillow(path), canvases, strict=True):
        assert np.abs(frame.astype(int) - canvas).mean() <= limit


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_stands_still_does_not_flicker(tmp_path: Path, suffix: str) -> None:
    still = photo(48, 64)
    canvases = []
    for number in range(4):
        canvas = np.dstack([still, np.full((48, 64), 255, np.uint8)])
        canvas[10:20, 8 * number : 8 * number + 9, :3] = photo(10, 9, number)
        canvas[40:46, 60 - 9 * number : 64 - 9 * number, :3] = 50 * number
        canvases.append(canvas)
    path = tmp_path / f"a{suffix}"
    write_animation(path, animation(canvases), quality=60)
    frames = seen_by_pillow(path)
    for number in range(3):
        same = (canvases[number] == canvases[number + 1]).all(axis=2)
        assert 0.5 < same.mean() < 1
        np.testing.assert_array_equal(frames[number][same], frames[number + 1][same])


def test_apng_keeps_soft_alpha_and_any_fraction(tmp_path: Path) -> None:
    canvases = [drawing(number) for number in range(4)]
    for number, canvas in enumerate(canvases):
        canvas[..., 3] = np.arange(31) * 8 + number
    seconds = [Fraction(1, 30), Fraction(1001, 30000), Fraction(60000, 7), Fraction(1, 10**9)]
    path = tmp_path / "a.apng"
    write_animation(path, animation(canvases, seconds))
    back = reread(path)
    told = [frame.seconds for frame in back.frames()]
    assert told == [Fraction(1, 30), Fraction(1001, 30000), Fraction(60000, 7), Fraction(1, 65535)]
    for frame, canvas in zip(seen(back), canvases, strict=True):
        np.testing.assert_array_equal(frame, visible(canvas))


@pytest.mark.parametrize(("suffix", "unit"), [(".gif", 100), (".webp", 1000)])
def test_rounded_times_do_not_drift(tmp_path: Path, suffix: str, unit: int) -> None:
    seconds = [Fraction(1, 30)] * 30 + [Fraction(0)]
    path = tmp_path / f"a{suffix}"
    write_animation(path, animation([drawing(n % 5) for n in range(31)], seconds))
    told = [frame.seconds for frame in reread(path).frames()]
    assert sum(told) == 1
    assert told[-1] == 0
    assert all(abs(time - Fraction(1, 30)) < Fraction(1, unit) for time in told[:-1])


def test_gif_keeps_disposal_where_it_can_and_stores_only_what_changes(tmp_path: Path) -> None:
    canvases = [drawing(0), drawing(1), drawing(1), drawing(3, holes=True), drawing(4)]
    path = tmp_path / "a.gif"
    disposals = ["keep", "restore", "keep", "restore", "clear"]
    write_animation(path, animation(canvases, disposals=disposals))  # type: ignore[arg-type]
    controls = gif_controls(path.read_bytes())
    # The third has to make way for holes, which a GIF can only get by clearing.
    assert [name for name, *_ in controls] == ["keep", "restore", "clear", "restore", "clear"]
    assert controls[0][2] == 23 * 31
    assert controls[1][2] == 8 * 10  # the square's old and new place
    np.testing.assert_array_equal(seen_by_pillow(path)[3], visible(canvases[3]))


def test_pieces_are_drawn_and_disposed_of_as_browsers_do(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    pieces = [(0, 0, 4, 4, 1, 1), (0, 0, 2, 2, 2, 2), (2, 2, 2, 2, 3, 3), (3, 0, 1, 1, 2, 0)]
    path.write_bytes(gif(pieces, head=LOOP_FOREVER))
    back = reread(path)
    first, second, third, fourth = (frame.picture.with_alpha() for frame in back.frames())
    assert (first == RED).all()
    assert (second[:2, :2] == GREEN).all() and (second[2:, 2:] == RED).all()
    # Cleared is transparent, not the file's background colour.
    assert (third[:2, :2] == CLEAR).all() and (third[2:, 2:] == BLUE).all()
    assert (fourth[2:, 2:] == RED).all() and (fourth[3, 0] == GREEN).all()
    assert back.plays == 0
    assert [frame.seconds for frame in back.frames()] == [Fraction(7, 100)] * 4


def test_a_first_piece_smaller_than_the_canvas_lies_on_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(gif([(1, 1, 2, 2, 1, 1), (3, 3, 9, 9, 2, 1), (9, 9, 1, 1, 2, 1)]))
    first, second, third = seen(reread(path))
    assert (first[0] == CLEAR).all() and (first[1:3, 1:3] == RED).all()
    assert (second[3, 3] == GREEN).all()  # the part outside is not shown
    assert second.shape == (4, 4, 4)
    np.testing.assert_array_equal(second, third)
    assert reread(path).plays == 1


@pytest.mark.parametrize("disposal", [0, 1, 2])
@pytest.mark.parametrize("suffix", [".gif", ".png"])
def test_files_by_pillow_look_as_pillow_sees_them(
    tmp_path: Path, disposal: int, suffix: str
) -> None:
    canvases = [drawing(number, holes=True) for number in range(5)]
    images = [Image.fromarray(canvas) for canvas in canvases]
    path = tmp_path / f"a{suffix}"
    images[0].save(
        path, save_all=True, append_images=images[1:], duration=70, loop=3, disposal=disposal
    )
    expected = seen_by_pillow(path)
    if (suffix, disposal) == (".gif", 2):
        # Pillow clears to the background colour where no browser does: its frames are not its own.
        assert not np.array_equal(expected[1], visible(canvases[1]))
        expected = [visible(canvas) for canvas in canvases]
    for frame, other in zip(seen(reread(path)), expected, strict=True):
        np.testing.assert_array_equal(frame, other)
    assert reread(path).plays == (4 if suffix == ".gif" else 3)


@pytest.mark.parametrize("lossless", [False, True])
def test_webp_files_by_libwebp_look_as_libwebp_sees_them(tmp_path: Path, lossless: bool) -> None:
    canvases = [drawing(number, holes=True) for number in range(5)]
    for canvas in canvases:
        canvas[:, 20:, 3] = 128
    images = [Image.fromarray(canvas) for canvas in canvases]
    path = tmp_path / "a.webp"
    images[0].save(path, save_all=True, append_images=images[1:], duration=[40, 50, 60, 70, 80],
                   loop=2, lossless=lossless)  # fmt: skip
    back = reread(path)
    assert [float(frame.seconds) for frame in back.frames()] == [0.04, 0.05, 0.06, 0.07, 0.08]
    assert back.plays == 2
    for ours, pillows in zip(seen(back), seen_by_pillow(path), strict=True):
        # libwebp mixes in whole numbers.
        assert np.abs(ours.astype(int) - pillows).max() <= 2


def test_apng_pieces_that_show_what_is_below(tmp_path: Path) -> None:
    below = np.full((6, 8, 4), (100, 100, 100, 255), np.uint8)
    above = np.zeros((6, 8, 4), np.uint8)
    above[2:4, 2:5] = (200, 0, 50, 128)
    path = tmp_path / "a.png"
    Image.fromarray(below).save(
        path, save_all=True, append_images=[Image.fromarray(above)], blend=1, disposal=0
    )
    second = seen(reread(path))[1]
    assert (second[0, 0] == (100, 100, 100, 255)).all()
    assert np.abs(second[2, 2].astype(int) - (150, 50, 75, 255)).max() <= 1


def test_a_default_image_outside_the_animation_is_left_out(tmp_path: Path) -> None:
    images = [Image.fromarray(drawing(number)) for number in range(3)]
    path = tmp_path / "a.png"
    images[0].save(path, save_all=True, append_images=images[1:], default_image=True)
    back = seen(reread(path))
    assert len(back) == 2
    np.testing.assert_array_equal(back[0], drawing(1))


def test_depth_palette_and_turn_of_an_animation_are_undone(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    images = [Image.fromarray(drawing(number)) for number in range(3)]
    path = tmp_path / "a.webp"
    images[0].save(path, save_all=True, append_images=images[1:], exif=exif, lossless=True)
    back = reread(path)
    assert back.size == (31, 23)
    np.testing.assert_array_equal(seen(back)[1], np.rot90(drawing(1), -1))


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".jpg"])
def test_stills_are_not_animations(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.fromarray(drawing(0)).convert("RGB").save(path)
    assert read_animation(path) is None
    assert read_animation(tmp_path / "missing.gif") is None
    assert read_animation(tmp_path) is None


def test_a_gif_of_few_colours_keeps_each_of_them(tmp_path: Path) -> None:
    canvas = np.full((15, 17, 4), 255, np.uint8)
    canvas[..., 0] = np.arange(255).reshape(15, 17)  # 255 greys of red, one apart
    path = tmp_path / "a.gif"
    write_animation(path, animation([canvas, canvas[::-1]]))
    np.testing.assert_array_equal(seen_by_pillow(path)[1], canvas[::-1])


def test_rare_colours_get_into_the_palette(tmp_path: Path) -> None:
    canvas = np.dstack([photo(80, 120), np.full((80, 120), 255, np.uint8)])
    canvas[..., 1:3] = canvas[..., :1]  # all grey
    canvas[10:12, 10:13, :3] = (255, 0, 0)
    path = tmp_path / "a.gif"
    write_animation(path, animation([canvas, canvas]))
    assert np.abs(seen_by_pillow(path)[0][10, 10].astype(int) - RED).max() <= 16


def test_gif_cuts_alpha_at_one_half(tmp_path: Path) -> None:
    canvas = drawing(0)
    canvas[..., 3] = np.arange(31) * 8
    path = tmp_path / "a.gif"
    write_animation(path, animation([canvas, drawing(1)]))
    alpha = seen_by_pillow(path)[0][0, :, 3]
    assert alpha.tolist() == [255 if 8 * column >= 128 else 0 for column in range(31)]


def test_the_order_of_chunks_in_a_written_apng(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_animation(path, animation([drawing(n) for n in range(3)], plays=4))
    data, at, names, sequence = path.read_bytes(), 8, [], []
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        name = data[at + 4 : at + 8]
        names.append(name)
        if name in (b"fcTL", b"fdAT"):
            sequence.append(int.from_bytes(data[at + 8 : at + 12], "big"))
        if name == b"acTL":
            assert struct.unpack(">II", data[at + 8 : at + 16]) == (3, 4)
        at += 12 + length
    assert names[:5] == [b"IHDR", b"sRGB", b"acTL", b"fcTL", b"IDAT"]
    assert names[-1] == b"IEND"
    assert sequence == list(range(5))
