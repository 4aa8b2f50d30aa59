"""`python -m teacher.upscale` on animations."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pixels.animation.files import read_animation, write_animation
from pixels.resize import resize
from pixels.stills.files import read_picture
from teacher.enlarging.pictures import AnimationEnlarger
from teacher.enlarging.runner import open_enlarger
from tests.made.animations import animation, drawing, gif_controls, seen, seen_by_pillow
from tests.made.commands import command_here

SUFFIXES = [".gif", ".png", ".webp"]
SECONDS = [Fraction(hundredths, 100) for hundredths in (0, 7, 250, 3, 3)]
NUMBERS = (0, 1, 1, 2, 4)


def doubled(canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return resize(canvas, (2 * canvas.shape[0], 2 * canvas.shape[1]))


def made(path: Path, *, holes: bool = False, plays: int = 3) -> Path:
    canvases = [drawing(number, holes=holes) for number in NUMBERS]
    write_animation(path, animation(canvases, SECONDS, plays=plays))
    return path


def upscale(source: Path, target: Path, *more: str | Path) -> str:
    done = command_here(
        "teacher.upscale", source, target, "--model", "bicubic", "--threads", "1", *more
    )
    assert done.status == 0, done.errors
    return done.errors


@pytest.mark.parametrize("source", SUFFIXES)
@pytest.mark.parametrize("target", SUFFIXES)
def test_frames_times_and_plays_survive_in_any_format(
    tmp_path: Path, source: str, target: str
) -> None:
    path = tmp_path / f"b{target}"
    said = upscale(made(tmp_path / f"a{source}"), path, "--quality", "95")
    assert "62x46 pixels, 5 frames (4 computed)" in said
    back = read_animation(path)
    assert back is not None
    assert [frame.seconds for frame in back.frames()] == SECONDS
    assert (back.plays, back.size) == (3, (46, 62))
    # GIF has 255 colours for all frames together, WebP loses a little.
    limit = {".gif": 2.0, ".png": 0.0, ".webp": 2.0}[target]
    for frame, number in zip(seen_by_pillow(path), NUMBERS, strict=True):
        expected = np.dstack([doubled(drawing(number)[..., :3]), np.full((46, 62), 255, np.uint8)])
        assert np.abs(frame.astype(int) - expected).mean() <= limit
        assert (frame[..., 3] == 255).all()


@pytest.mark.parametrize("target", SUFFIXES)
def test_frames_of_odd_sides_are_enlarged_by_three_halves(tmp_path: Path, target: str) -> None:
    path = tmp_path / f"b{target}"
    upscale(made(tmp_path / "a.gif"), path, "--quality", "95", "--scale", "3/2")
    enlarger = open_enlarger("bicubic", plain_scale=Fraction(3, 2))
    limit = {".gif": 2.0, ".png": 0.0, ".webp": 2.0}[target]
    for frame, number in zip(seen_by_pillow(path), NUMBERS, strict=True):
        assert frame.shape == (35, 47, 4)
        expected = enlarger.enlarge(drawing(number)[..., :3].copy())
        assert np.abs(frame[..., :3].astype(int) - expected).mean() <= limit


@pytest.mark.parametrize("target", SUFFIXES)
def test_transparency_is_enlarged(tmp_path: Path, target: str) -> None:
    path = tmp_path / f"b{target}"
    upscale(made(tmp_path / "a.gif", holes=True), path, "--quality", "95")
    frame, source = seen_by_pillow(path)[4], drawing(4, holes=True)
    alpha = doubled(source[..., 3])
    if target == ".gif":
        alpha = np.where(alpha >= 128, 255, 0).astype(np.uint8)
    np.testing.assert_array_equal(frame[..., 3], alpha)


@pytest.mark.parametrize("target", SUFFIXES)
def test_what_transparency_hides_does_not_fringe(tmp_path: Path, target: str) -> None:
    canvases = []
    for hidden in (0, 255):
        canvas = np.full((20, 20, 4), (120, 200, 80, 255), np.uint8)
        canvas[:, 7:13] = (hidden, hidden, hidden, 0)
        canvases.append(canvas)
    write_animation(tmp_path / "a.webp", animation(canvases), quality=100)
    path = tmp_path / f"b{target}"
    upscale(tmp_path / "a.webp", path)
    for frame in seen_by_pillow(path):
        shown = frame[frame[..., 3] > 0][:, :3].astype(int)
        assert np.abs(shown - (120, 200, 80)).max() <= (2 if target == ".webp" else 0)


def test_disposal_is_kept(tmp_path: Path) -> None:
    disposals = ["keep", "restore", "clear", "keep", "restore"]
    canvases = [drawing(number) for number in NUMBERS]
    write_animation(tmp_path / "a.gif", animation(canvases, disposals=disposals))  # type: ignore[arg-type]
    upscale(tmp_path / "a.gif", tmp_path / "b.gif")
    controls = gif_controls((tmp_path / "b.gif").read_bytes())
    assert [name for name, *_ in controls] == disposals
    assert [delay for _, delay, _ in controls] == [10] * 5


def test_a_network_enlarges_frames_as_it_enlarges_stills(tmp_path: Path, tiny_run: Path) -> None:
    source = made(tmp_path / "a.png")
    for target in ("b.png", "first.tif"):
        done = command_here("teacher.upscale", source, tmp_path / target, "--model", tiny_run)
        assert done.status == 0, done.errors
    first = read_picture(tmp_path / "first.tif").rgb
    np.testing.assert_array_equal(seen_by_pillow(tmp_path / "b.png")[0][..., :3], first)


def test_only_frames_that_differ_from_the_last_are_computed(tmp_path: Path) -> None:
    canvases = [drawing(number, holes=True) for number in (0, 0, 1, 1, 1, 0)]
    canvases[3][0, 0] = (9, 9, 9, 0)  # differs only where nobody sees it
    working = AnimationEnlarger(open_enlarger("bicubic"))
    assert len(seen(working.enlarge(animation(canvases)))) == 6
    assert working.computed == 3


@pytest.mark.parametrize("target", SUFFIXES)
def test_what_stands_still_does_not_flicker_when_enlarged(
    tmp_path: Path, target: str, tiny_run: Path
) -> None:
    path = tmp_path / f"b{target}"
    done = command_here(
        "teacher.upscale", made(tmp_path / "a.gif"), path, "--model", tiny_run, "--quality", "50"
    )
    assert done.status == 0, done.errors
    frames = seen_by_pillow(path)
    for frame in frames[1:]:  # the square never comes near the lower third
        np.testing.assert_array_equal(frame[36:], frames[0][36:])


@pytest.mark.parametrize("target", ["b.jpg", "b.bmp", "b.avif"])
def test_a_still_format_gets_the_first_frame_and_a_sentence(tmp_path: Path, target: str) -> None:
    said = upscale(made(tmp_path / "a.gif"), tmp_path / target)
    assert "the first of 5 frames of" in said and "use .gif .png .apng .webp for all" in said
    assert read_picture(tmp_path / target).size == (46, 62)


def test_a_still_can_become_a_gif(tmp_path: Path) -> None:
    Image.fromarray(drawing(1)).save(tmp_path / "a.png")
    upscale(tmp_path / "a.png", tmp_path / "b.gif")
    assert len(seen_by_pillow(tmp_path / "b.gif")) == 1
    expected = doubled(drawing(1)[..., :3])
    result = read_picture(tmp_path / "b.gif").rgb
    assert np.abs(result.astype(int) - expected).mean() < 2


def test_a_folder_of_stills_and_animations_with_a_broken_one(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    made(folder / "a.gif")
    made(folder / "deep" / "b.webp")
    Image.fromarray(drawing(0)).convert("RGB").save(folder / "c.ppm")
    (folder / "cut.gif").write_bytes((folder / "a.gif").read_bytes()[:-40])
    target = tmp_path / "out"
    done = command_here("teacher.upscale", folder, target, "--model", "bicubic", "--threads", "1")
    sentence = done.sentence(1)
    assert sentence.startswith(f"{folder / 'cut.gif'}: is cut off in frame 5; get a fresh copy")
    written = sorted(str(path.relative_to(target)) for path in target.rglob("*.*"))
    assert written == ["a.gif", "c.png", "deep/b.webp"]
    assert len(seen_by_pillow(target / "deep" / "b.webp")) == 5


def test_a_folder_can_change_its_format(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    made(folder / "a.gif")
    Image.fromarray(drawing(0)).convert("RGB").save(folder / "b.bmp")
    Image.fromarray(drawing(0)).save(folder / "b.png")
    done = command_here(
        "teacher.upscale", folder, tmp_path / "out", "--model", "bicubic", "--suffix", ".webp"
    )
    assert done.status == 0, done.errors
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["a.webp", "b.png.webp", "b.webp"]
    assert len(seen_by_pillow(tmp_path / "out" / "a.webp")) == 5


@pytest.mark.parametrize("suffix", [".xyz", "webp"])
def test_an_unknown_suffix_is_wrong_usage(tmp_path: Path, suffix: str) -> None:
    done = command_here(
        "teacher.upscale", tmp_path, tmp_path / "out", "--model", "bicubic", "--suffix", suffix
    )
    assert done.status == 2
    assert "suffix must be one of .png .jpg" in done.errors and "Traceback" not in done.errors
    assert not (tmp_path / "out").exists()


def test_an_animation_cut_off_leaves_nothing(tmp_path: Path) -> None:
    data = made(tmp_path / "a.webp").read_bytes()
    (tmp_path / "a.webp").write_bytes(data[: len(data) // 2])
    done = command_here("teacher.upscale", tmp_path / "a.webp", tmp_path / "b.gif",
                        "--model", "bicubic")  # fmt: skip
    assert done.sentence(1) == f"{tmp_path / 'a.webp'}: is cut off; get a fresh copy of it"
    assert [path.name for path in tmp_path.iterdir()] == ["a.webp"]


def test_a_frame_that_is_damaged_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    path = made(tmp_path / "a.gif")
    data = bytearray(path.read_bytes())
    place = data.rfind(b"\x2c") + 11  # the last frame's packed pixels
    data[place + 1 : place + 9] = b"\xff" * 8
    path.write_bytes(data)
    done = command_here("teacher.upscale", path, tmp_path / "b.gif", "--model", "bicubic")
    if done.status:  # Pillow may take it for a picture of another kind
        assert done.sentence(1).startswith(f"{path}: in frame 5: ")
        assert not (tmp_path / "b.gif").exists()
