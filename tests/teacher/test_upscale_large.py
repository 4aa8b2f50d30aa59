"""Memory on large stills grows with the pixels of the input, not with floats or the output."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixels.stills import files
from pixels.stills.files import Picture, read_picture, write_bands
from teacher.enlarging.pictures import enlarge_picture, enlarged_bands
from teacher.enlarging.runner import open_enlarger
from tests.made.photos import noise, photo
from tests.made.runs import ROOT

# Run alone, because a process's peak never falls again. Linux counts it in kilobytes.
PEAK = """
import resource, runpy, sys
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""
START_BYTES = 60e6  # the tiles, the bands, and whatever Python took between the two runs


def peak_bytes(source: Path, target: Path, model: str) -> int:
    arguments = ["teacher.upscale", source, target, "--model", model, "--threads", "1"]
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


@pytest.fixture(scope="module")
def least_bytes(tmp_path_factory: pytest.TempPathFactory) -> int:
    """The peak of a process that enlarges a small picture."""
    folder = tmp_path_factory.mktemp("least")
    Image.fromarray(photo(50, 50)).save(folder / "small.png")
    return peak_bytes(folder / "small.png", folder / "b.png", "lanczos")


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has other units elsewhere")
@pytest.mark.parametrize(
    ("target", "per_pixel"),
    [
        # Read: Pillow's 4 bytes and our 3. Then our 3 and, of the output, a band at a time.
        ("b.png", 7),
        # Our 3, and Pillow's 4 for each of the 4 pixels of the output.
        pytest.param("b.jpg", 19, marks=pytest.mark.heavy),
    ],
)
def test_the_peak_per_input_pixel(
    tmp_path: Path, least_bytes: int, target: str, per_pixel: float
) -> None:
    side = 3000  # its double has 36 megapixels: the least that is written in rows
    # Memory does not depend on what is to be seen; what repeats is compressed faster.
    large = np.tile(photo(50, 50), (side // 50, side // 50, 1))
    Image.fromarray(large).save(tmp_path / "large.png", compress_level=1)
    most = peak_bytes(tmp_path / "large.png", tmp_path / target, "lanczos")
    assert most - least_bytes < per_pixel * side**2 + START_BYTES
    with Image.open(tmp_path / target) as image:
        assert image.size == (2 * side, 2 * side)


@pytest.mark.parametrize("with_alpha", [False, True])
def test_a_png_written_in_rows_is_the_same_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_alpha: bool
) -> None:
    picture = Picture(photo(70, 90), noise(70, 90)[..., 0] if with_alpha else None)
    picture.rgb[30:40] = noise(10, 90)
    monkeypatch.setattr(files, "_IN_ROWS_PIXELS", 0)
    rows = [slice(0, 1), slice(1, 33), slice(33, 70)]
    alpha = picture.alpha
    bands = [Picture(picture.rgb[row], None if alpha is None else alpha[row]) for row in rows]
    write_bands(tmp_path / "a.png", (70, 90), bands, has_alpha=with_alpha)
    back = read_picture(tmp_path / "a.png")
    np.testing.assert_array_equal(back.rgb, picture.rgb)
    assert (back.alpha is not None) == with_alpha
    if back.alpha is not None and alpha is not None:
        np.testing.assert_array_equal(back.alpha, alpha)
    with Image.open(tmp_path / "a.png") as image:
        image.verify()
        assert image.info["srgb"] == 0


@pytest.mark.parametrize("model", ["bicubic", "lanczos", "network"])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_bands_add_up_to_the_whole(
    tiny_run: Path, monkeypatch: pytest.MonkeyPatch, model: str, with_alpha: bool
) -> None:
    alpha = np.where(noise(61, 47)[..., 0] < 99, 0, 200).astype(np.uint8) if with_alpha else None
    picture = Picture(photo(61, 47), alpha)
    enlarger = open_enlarger(str(tiny_run) if model == "network" else model, tile_px=20)
    whole = enlarge_picture(enlarger, picture)
    monkeypatch.setattr("pixels.resize._BAND_PIXELS", 7 * 94)
    bands = list(enlarged_bands(enlarger, picture))
    assert len(bands) > 3
    np.testing.assert_array_equal(np.concatenate([band.rgb for band in bands]), whole.rgb)
    if whole.alpha is not None:
        parts = [band.alpha for band in bands if band.alpha is not None]
        np.testing.assert_array_equal(np.concatenate(parts), whole.alpha)


def test_lanczos_in_bands_is_pillows(monkeypatch: pytest.MonkeyPatch) -> None:
    image = noise(40, 30)
    monkeypatch.setattr("pixels.resize._BAND_PIXELS", 5 * 90)
    for scale in (2, 3, 4):
        expected = Image.fromarray(image).resize((30 * scale, 40 * scale), Image.Resampling.LANCZOS)
        result = open_enlarger("lanczos", plain_scale=Fraction(scale)).enlarge(image)
        np.testing.assert_array_equal(result, np.asarray(expected))


def test_a_bug_in_the_enlarger_is_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    def failing() -> object:
        yield Picture(photo(2, 4))
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        write_bands(tmp_path / "a.png", (4, 4), failing(), has_alpha=False)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
