from __future__ import annotations

import csv
import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pixels.quality.psnr_ssim import Quality, compare
from pixels.resize import reduce_photo, resize
from pixels.stills.files import read_picture
from pixels.stills.listing import list_pictures
from teacher.enlarging.runner import open_enlarger
from teacher.evaluating.evaluation import Evaluation, Measurement, means
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from tests.made.commands import command_here
from tests.made.models import write_repeating_onnx
from tests.made.networks import saved
from tests.made.photos import BENCHMARKS, photo, write_photos

# MATLAB's bicubic at x2, luma PSNR; tables differ in Set5's last digit.
PUBLISHED = {"Set5": (33.66, 33.68), "Set14": (30.23, 30.23), "B100": (29.56, 29.56)}


def measure_bicubic(photos: list[Path], scale: int = 2) -> list[Measurement]:
    bicubic = open_enlarger("bicubic", plain_scale=Fraction(scale))
    return Evaluation(enlargers=[bicubic], photos=photos).measure()


@pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="HALFSIZE_BENCHMARKS names no folder")
@pytest.mark.parametrize("name", PUBLISHED)
def test_bicubic_gives_the_published_figures(name: str) -> None:
    rows = measure_bicubic(list_pictures(BENCHMARKS / name))
    (mean,) = means(rows)
    low, high = PUBLISHED[name]
    assert low <= round(mean.quality.psnr, 2) <= high


def saved_chain(folder: Path, scale: int | Fraction) -> Path:
    torch.manual_seed(0)
    network = Chain(ChainConfig(body=0, channels=4, scale=Fraction(scale)))
    return saved(folder, network)


def test_each_photo_is_cut_reduced_enlarged_and_compared(photos_folder: Path) -> None:
    paths = list_pictures(photos_folder)
    for scale in (2, 3):
        rows = measure_bicubic(paths, scale)
        for path, row in zip(paths, rows, strict=True):
            reduced, original = reduce_photo(read_picture(path).rgb, Fraction(scale))
            enlarged = resize(reduced, (original.shape[0], original.shape[1]))
            expected = compare(enlarged, original, shave_px=scale)
            assert row == Measurement(photo=path.name, model="bicubic", quality=expected)


def test_files_with_one_channel_are_luma_already(tmp_path: Path) -> None:
    grey = photo(40, 44)[..., 0]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(np.stack([grey] * 3, axis=-1)).save(tmp_path / "colour.png")
    colour, single = measure_bicubic(list_pictures(tmp_path))
    # The same pixels, but the studio range shrinks every error to 219 / 255.
    gap = colour.quality.psnr - single.quality.psnr
    assert gap == pytest.approx(20 * np.log10(255 / 219))


def test_means_are_taken_for_each_model_in_order() -> None:
    figures = [("b", 30.0, 0.9), ("a", 40.0, 1.0), ("b", 20.0, 0.5), ("a", 41.0, 0.8)]
    rows = [
        Measurement(photo="p", model=model, quality=Quality(psnr=psnr, ssim=ssim))
        for model, psnr, ssim in figures
    ]
    assert means(rows) == [
        Measurement(photo="mean", model="b", quality=Quality(psnr=25.0, ssim=0.7)),
        Measurement(photo="mean", model="a", quality=Quality(psnr=40.5, ssim=0.9)),
    ]


def test_the_table_and_the_csv_show_every_model(
    tmp_path: Path, photos_folder: Path, tiny_run: Path
) -> None:
    onnx = write_repeating_onnx(tmp_path / "repeat.onnx")
    done = command_here(
        *("teacher.evaluate", "--photos", photos_folder, "--csv", tmp_path / "out.csv"),
        *("--model", tiny_run, onnx, "lanczos", "--threads", "1"),
    )
    assert done.status == 0, done.errors
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    assert header == ["input", "photo", "model", "psnr", "ssim", "ssimulacra2"]
    models = ["bicubic", "tiny", "repeat", "lanczos"]
    names = ["photo0.png", "photo1.png", "photo2.png"]
    photos = [[name, model] for name in names for model in models]
    assert {(row[0], row[5]) for row in rows} == {("clean", "")}
    assert [row[1:3] for row in rows] == [*photos, *[["mean", model] for model in models]]
    for number, model in enumerate(models):
        psnr = [float(row[3]) for row in rows[:-4] if row[2] == model]
        assert float(rows[number - 4][3]) == pytest.approx(sum(psnr) / 3, abs=1e-3)
        (line,) = [line for line in done.output.splitlines() if model in line]
        assert f"{float(rows[number - 4][3]):.2f}" in line
        assert f"{float(rows[number - 4][4]):.4f}" in line
    enlarge = open_enlarger(str(tiny_run)).enlarge
    reduced, original = reduce_photo(read_picture(photos_folder / "photo0.png").rgb, Fraction(2))
    expected = compare(enlarge(reduced), original, shave_px=2)
    figures = [f"{expected.psnr:.4f}", f"{expected.ssim:.6f}", ""]
    assert rows[1] == ["clean", "photo0.png", "tiny", *figures]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "repeat.onnx"]


def test_compressed_input_is_measured_too(tmp_path: Path, photos_folder: Path) -> None:
    done = command_here(
        *("teacher.evaluate", "--photos", photos_folder, "--csv", tmp_path / "out.csv"),
        *("--input", "clean", "jpeg-20", "webp-75", "avif-60", "--ssimulacra2", "--threads", "1"),
    )
    assert done.status == 0, done.errors
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    means = {row["input"]: row for row in rows if row["photo"] == "mean"}
    assert list(means) == ["clean", "jpeg-20", "webp-75", "avif-60"]
    for name, row in means.items():
        assert f", {name}, x2" in done.output
        of_input = [other for other in rows if other["input"] == name][:-1]
        for figure in ("psnr", "ssimulacra2"):
            mean = sum(float(other[figure]) for other in of_input) / len(of_input)
            assert float(row[figure]) == pytest.approx(mean, abs=1e-3)
            if name != "clean":
                assert float(row[figure]) < float(means["clean"][figure])
    reduced, original = reduce_photo(read_picture(photos_folder / "photo0.png").rgb, Fraction(2))
    file = io.BytesIO()
    Image.fromarray(reduced).save(file, "JPEG", quality=20, subsampling="4:2:0")
    enlarged = open_enlarger("bicubic").enlarge(np.asarray(Image.open(file).convert("RGB")))
    (row,) = [row for row in rows if (row["input"], row["photo"]) == ("jpeg-20", "photo0.png")]
    assert row["psnr"] == f"{compare(enlarged, original, shave_px=2).psnr:.4f}"


def test_photos_are_reduced_by_the_filter_that_is_asked_for(
    tmp_path: Path, photos_folder: Path
) -> None:
    paths = list_pictures(photos_folder)
    enlarger = open_enlarger("bicubic")
    evaluation = Evaluation(enlargers=[enlarger], photos=paths, reduction="lanczos")
    rows = evaluation.measure("webp-80")
    for path, row in zip(paths, rows, strict=True):
        _, original = reduce_photo(read_picture(path).rgb, Fraction(2))
        small = (original.shape[1] // 2, original.shape[0] // 2)
        reduced = Image.fromarray(original).resize(small, Image.Resampling.LANCZOS)
        file = io.BytesIO()
        reduced.save(file, "WEBP", quality=80)
        enlarged = enlarger.enlarge(np.asarray(Image.open(file).convert("RGB")))
        assert row.quality == compare(enlarged, original, shave_px=2)
        assert row.input == "lanczos webp-80"
    done = command_here(
        *("teacher.evaluate", "--photos", photos_folder, "--reduction", "area"),
        *("--csv", tmp_path / "out.csv", "--threads", "1"),
    )
    assert done.status == 0, done.errors
    assert "area clean" in (tmp_path / "out.csv").read_text()


@pytest.mark.parametrize("wrong", ["jpg-75", "jpeg", "webp-0", "avif-101", "jpeg-7.5"])
def test_an_input_that_is_none_is_told(tmp_path: Path, wrong: str) -> None:
    done = command_here("teacher.evaluate", "--photos", tmp_path, "--input", wrong)
    assert done.status == 2
    assert repr(wrong) in done.errors


def test_bicubic_has_the_scale_of_the_networks(tmp_path: Path, photos_folder: Path) -> None:
    run = saved_chain(tmp_path / "three", 3)
    done = command_here("teacher.evaluate", "--photos", photos_folder, "--model", run)
    assert done.status == 0
    assert "x3" in done.output
    rows = measure_bicubic(list_pictures(photos_folder), 3)
    (line,) = [line for line in done.output.splitlines() if "bicubic" in line]
    assert f"{means(rows)[0].quality.psnr:.2f}" in line


def test_two_thirds_are_measured_as_computed_by_hand(tmp_path: Path, photos_folder: Path) -> None:
    run = saved_chain(tmp_path / "run", Fraction(3, 2))
    table = tmp_path / "figures.csv"
    common = ("teacher.evaluate", "--photos", photos_folder, "--csv", table)
    done = command_here(*common, "--model", run, "--ensemble")
    assert done.status == 0, done.errors
    assert "x3/2" in done.output
    with table.open() as file:
        rows = [row for row in csv.DictReader(file) if row["model"] == "bicubic"]
    for row in rows[:3]:
        photo = read_picture(photos_folder / row["photo"]).rgb
        height, width = photo.shape[0] // 3, photo.shape[1] // 3
        original = photo[: 3 * height, : 3 * width]
        enlarged = resize(resize(original, (2 * height, 2 * width)), (3 * height, 3 * width))
        expected = compare(enlarged, original, shave_px=2)
        assert float(row["psnr"]) == pytest.approx(expected.psnr, abs=1e-4)
    # Without a network the flag names the ratio; with one it has to agree.
    plain = command_here(*common, "--scale", "3/2")
    assert plain.status == 0
    assert "x3/2" in plain.output
    refused = command_here(*common, "--model", run, "--scale", "2")
    assert "--scale is 2, but --model names networks of x3/2" in refused.sentence(2)


def test_networks_of_different_scales_are_refused(
    tmp_path: Path, photos_folder: Path, tiny_run: Path
) -> None:
    three = saved_chain(tmp_path / "three", 3)
    done = command_here("teacher.evaluate", "--photos", photos_folder, "--model", tiny_run, three)
    assert "scales 2, 3" in done.sentence()


def test_a_model_that_is_none_is_told(tmp_path: Path, photos_folder: Path) -> None:
    for model in (tmp_path, tmp_path / "nowhere", tmp_path / "none.onnx"):
        done = command_here("teacher.evaluate", "--photos", photos_folder, "--model", model)
        assert str(model) in done.sentence()


def test_photos_that_cannot_be_measured_are_told_and_no_table_is_left(tmp_path: Path) -> None:
    small = write_photos(tmp_path / "small", [(40, 40), (40, 16)])
    broken = write_photos(tmp_path / "broken", [(40, 40)])
    (broken / "z.png").write_bytes(b"no photo")
    (tmp_path / "empty").mkdir()
    for folder, problem in (
        (small, "photo1.png is too small to measure: 17x17 pixels are needed"),
        (broken, "z.png"),
        (tmp_path / "empty", "empty: contains no pictures"),
        (tmp_path / "nowhere", "nowhere: does not exist"),
    ):
        done = command_here("teacher.evaluate", "--photos", folder, "--csv", tmp_path / "out.csv")
        assert problem in done.sentence()
        assert not (tmp_path / "out.csv").exists()


def test_a_csv_that_cannot_be_written_is_told(tmp_path: Path, photos_folder: Path) -> None:
    for path in (tmp_path / "missing" / "out.csv", tmp_path):
        done = command_here("teacher.evaluate", "--photos", photos_folder, "--csv", path)
        assert str(path) in done.sentence()
    assert list(tmp_path.iterdir()) == []
