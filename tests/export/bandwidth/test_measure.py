from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from export.bandwidth import measure
from export.bandwidth.measure import PhotoCurves, measure_photo, measure_photos, middle_of
from export.bandwidth.plan import FULL, MeasureTask
from pixels.sending.codecs import decode
from pixels.stills.files import read_picture
from tests.made.curves import BY_POINTS, ON_A_PHONE, plan
from tests.made.photos import photo


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> list[MeasureTask]:
    """Two small photos, of which nothing is measured yet."""
    folder = tmp_path_factory.mktemp("photos")
    for name, size in (("a.png", (24, 31)), ("b.png", (20, 22))):
        Image.fromarray(photo(*size)).save(folder / name)
    return plan(folder, codecs=("JPEG", "WEBP")).tasks()


def with_cache(tasks: Sequence[MeasureTask], cache: Path) -> list[MeasureTask]:
    return [replace(task, cache=cache) for task in tasks]


@pytest.fixture(scope="module")
def known(
    tasks: list[MeasureTask], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[PhotoCurves]]:
    """The cache after measuring, and what was measured."""
    cache = tmp_path_factory.mktemp("known") / "cache"
    return cache, measure_photos(with_cache(tasks, cache), 1)


def test_what_was_measured_is_not_measured_again(
    tasks: list[MeasureTask], known: tuple[Path, list[PhotoCurves]], tmp_path: Path
) -> None:
    for file in known[0].iterdir():
        content = json.loads(file.read_text(encoding="utf-8"))
        content["points"]["JPEG-jpegli-q10-full"]["bytes_"] = 77  # no file is as small as that
        (tmp_path / file.name).write_text(json.dumps(content), encoding="utf-8")
    for before, after in zip(known[1], measure_photos(with_cache(tasks, tmp_path), 1), strict=True):
        for old, new in zip(before.curves, after.curves, strict=True):
            planted = [point for point in new.points if point.bytes_ == 77]
            assert bool(planted) == ((new.codec, new.way) == ("JPEG", FULL))
            assert all(point.quality == 10 for point in planted)
            assert new.points[1:] == old.points[1:]


@pytest.mark.parametrize("other", [{"webp_method": 0}, {"jpegli": False}], ids=str)
def test_files_of_another_encoder_are_measured_anew(
    tasks: list[MeasureTask], known: tuple[Path, list[PhotoCurves]], tmp_path: Path, other: dict
) -> None:
    kept = tmp_path / "kept"
    shutil.copytree(known[0], kept)
    task = replace(tasks[0], encoder=replace(tasks[0].encoder, **other))
    [anew, _] = measure_photos(with_cache([task, tasks[1]], tmp_path / "new"), 1)
    assert measure_photo(replace(task, cache=kept)) == anew
    assert anew != known[1][0]


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 0, "points": {"a": 1}}'])
def test_a_damaged_cache_is_measured_anew(
    tasks: list[MeasureTask],
    known: tuple[Path, list[PhotoCurves]],
    tmp_path: Path,
    content: str,
) -> None:
    for file in known[0].iterdir():
        (tmp_path / file.name).write_text(content, encoding="utf-8")
    assert measure_photo(replace(tasks[1], cache=tmp_path)) == known[1][1]


def test_a_stopped_measurement_continues_where_it_was(
    tasks: list[MeasureTask],
    known: tuple[Path, list[PhotoCurves]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encode, counts = measure.encode, {"encoded": 0, "stop": 6}

    def counted(*args: object, **options: object) -> bytes:
        counts["encoded"] += 1
        if counts["encoded"] > counts["stop"]:
            raise KeyboardInterrupt
        return encode(*args, **options)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(measure, "encode", counted)
    task = replace(tasks[0], cache=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        measure_photo(task)
    assert [file.suffix for file in tmp_path.iterdir()] == [".json"]
    counts.update(encoded=0, stop=100)
    assert measure_photo(task) == known[1][0]
    assert counts["encoded"] == 2  # of 8: three series of two files were finished
    assert measure_photo(task) == known[1][0]
    assert counts["encoded"] == 2


@pytest.mark.process
def test_two_processes_measure_the_same(
    tasks: list[MeasureTask], known: tuple[Path, list[PhotoCurves]], tmp_path: Path
) -> None:
    assert measure_photos(with_cache(tasks, tmp_path), 2) == known[1]
    for file in known[0].iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


def test_photos_that_cannot_be_measured_have_a_problem(
    tasks: list[MeasureTask], tmp_path: Path
) -> None:
    (tmp_path / "cut.png").write_bytes(tasks[0].photo.read_bytes()[:300])
    Image.fromarray(np.zeros((5, 40, 3), np.uint8)).save(tmp_path / "small.png")
    for name, word in (("cut.png", "damaged"), ("small.png", "too small")):
        result = measure_photo(replace(tasks[0], photo=tmp_path / name, cache=tmp_path))
        assert result.problem is not None
        assert name in result.problem
        assert word in result.problem
        assert not result.curves
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize(
    "error", [ValueError("encoding error 5"), MemoryError(), OSError("encoder error -2")]
)
def test_whatever_a_photo_does_the_study_goes_on(
    tasks: list[MeasureTask], tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = measure.encode

    def failing(picture: NDArray[np.uint8], *settings: object) -> bytes:
        if picture.shape[0] in (10, 20):  # the second photo
            raise error
        return encode(picture, *settings)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(measure, "encode", failing)
    good, bad = measure_photos(with_cache(tasks, tmp_path / "cache"), 1)
    assert good.problem is None
    assert bad.problem is not None
    assert "b.png: cannot be measured" in bad.problem
    assert type(error).__name__ in bad.problem


def test_a_full_disk_is_no_matter_of_a_photo(
    tasks: list[MeasureTask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", path)

    monkeypatch.setattr(measure, "whole_file", full)
    with pytest.raises(OSError, match="No space"):
        measure_photo(replace(tasks[0], cache=tmp_path))


def test_only_the_middle_of_large_photos_is_measured() -> None:
    pixels = np.arange(7 * 10 * 3, dtype=np.uint8).reshape(7, 10, 3)
    assert middle_of(pixels, None) is pixels
    assert np.array_equal(middle_of(pixels, 4), pixels[1:5, 3:7])
    assert np.array_equal(middle_of(pixels, 8), pixels[:, 1:9])


def test_another_judge_and_size_cost_only_what_they_need(
    tasks: list[MeasureTask],
    known: tuple[Path, list[PhotoCurves]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for file in known[0].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    encode, encoded = measure.encode, list[tuple[int, ...]]()

    def counted(picture: NDArray[np.uint8], *settings: object) -> bytes:
        encoded.append(picture.shape[:2])
        return encode(picture, *settings)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(measure, "encode", counted)
    by_both = plan(
        tasks[0].photo,
        students=("bicubic", ("bicubic", Fraction(3, 2))),
        judgings=(BY_POINTS, ON_A_PHONE),
    ).tasks()
    result = measure_photo(replace(by_both[0], cache=tmp_path))
    # Two settings of each size, each encoded once for all enlargements and judges.
    assert sorted(encoded) == [(12, 16)] * 2 + [(16, 22)] * 2 + [(24, 31)] * 2
    assert [(curve.scale, curve.way) for curve in result.curves] == [
        (None, FULL),
        *((Fraction(2), way) for way in ("browser 2", "lanczos 2", "bicubic")),
        *((Fraction(3, 2), way) for way in ("browser 3/2", "lanczos 3/2", "bicubic")),
    ]
    pixels = read_picture(tasks[0].photo).rgb
    shown = decode(encode(pixels, "JPEG", 10))
    scores = result.curves[0].points[0].scores
    assert scores[ON_A_PHONE.key] == ON_A_PHONE.judge.original(pixels).score(shown)
    for old, new in zip(known[1][0].curves[0].points, result.curves[0].points, strict=True):
        assert dict(new.scores) == {**old.scores, ON_A_PHONE.key: new.scores[ON_A_PHONE.key]}
    encoded.clear()
    measure_photo(replace(by_both[0], cache=tmp_path))
    assert measure_photo(replace(tasks[0], cache=tmp_path)) == known[1][0]
    assert not encoded
