"""Comparisons and frontiers of tiny students."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from distill.compare import BASELINE, CompareConfig, Result, Variant, variants
from distill.frontier import student_of
from distill.sources import SourceConfig
from pixels.quality.psnr_ssim import compare as quality
from pixels.resize import reduce_photo
from pixels.stills.files import read_picture
from teacher.enlarging.network import network_enlarger
from teacher.networks.registry import parameter_count
from teacher.runs.folder import load_network
from teacher.runs.record import read_record
from tests.made.commands import command_here
from tests.made.files import require_no_photos
from tests.made.training import no_reports as no_reports

TINY = (
    *("--expansion", "0", "--steps", "3", "--threads", "1", "--no-teacher-ensemble"),
    *(f"--stage{stage}.{rest}" for stage in "123" for rest in ("batch=2", "crop-px=12")),
)  # fmt: skip


def test_gains_are_paired_by_photo_and_averaged_over_seeds() -> None:
    plain = np.array([[30.0, 40.0, 35.0], [30.2, 40.2, 35.2]])
    other = plain + np.array([[0.1, 0.3, 0.2], [0.3, 0.5, 0.4]])
    result = Result(degradation="clean", variant="x", psnr=other, gain=(other - plain).mean(axis=0))
    assert result.gain.mean() == pytest.approx(0.3)
    # Photos differ by 5 dB, but what counts is how the gain differs: 0.2, 0.4 and 0.3.
    assert result.interval == pytest.approx(1.96 * 0.1 / 3**0.5)
    assert result.gain_by_seed == pytest.approx([35.2 - 35.1, 35.6 - 35.1])


def test_each_source_is_alone_against_the_truth_and_all_are_together(tmp_path: Path) -> None:
    config = CompareConfig(
        teacher=tmp_path, benchmark=tmp_path, run=tmp_path / "r",
        sources=SourceConfig(lr_only_photos=tmp_path, zoomed_photos=3),
    )  # fmt: skip
    listed = variants(config)
    assert list(listed) == [
        *(BASELINE, "teacher beside truth", "LR-only photos", "zoomed photos", "all of it"),
    ]
    plain = listed[BASELINE]
    assert not plain.taught and not plain.sources.any
    assert not any(stage.teacher for stage in plain.recipe.stages)
    zoomed = listed["zoomed photos"]
    assert zoomed.taught
    assert (zoomed.sources.lr_only_photos, zoomed.sources.zoomed_photos) == (None, 3)
    assert not any(stage.teacher for stage in zoomed.recipe.stages)
    everything = Variant(recipe=config.recipe, sources=config.sources, taught=True)
    assert listed["all of it"] == everything


def test_a_comparison_writes_its_measurements(
    tmp_path: Path, tiny_run: Path, photos_folder: Path
) -> None:
    common = ("--teacher", tiny_run, "--photos", photos_folder, "--benchmark", photos_folder)
    run = tmp_path / "compare"
    arguments = (
        *(
            "distill.compare",
            *common,
            "--run",
            run,
            "--seeds",
            "2",
            "--body",
            "0",
            "--channels",
            "2",
        ),
        *("--validation", photos_folder, *TINY),
    )
    done = command_here(*arguments)
    assert done.status == 0, done.errors
    with (run / "compare.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 2 * 2 * 3  # degradations, variants, seeds, photos
    row = next(
        r for r in rows if (r["degradation"], r["seed"], r["variant"]) == ("clean", "1", BASELINE)
    )
    network, record = load_network(run / "clean-truth-alone-1")
    reduced, original = reduce_photo(read_picture(photos_folder / row["photo"]).rgb, Fraction(2))
    expected = quality(network_enlarger(network)(reduced), original, shave_px=2).psnr
    assert float(row["psnr"]) == pytest.approx(expected, abs=1e-3)
    assert record.settings["seed"] == 1
    with (run / "summary.csv").open() as file:
        summary = list(csv.DictReader(file))
    values = {
        (r["variant"], r["seed"], r["photo"]): float(r["psnr"])
        for r in rows if r["degradation"] == "web"
    }  # fmt: skip
    taught = "teacher beside truth"
    differences = [
        value - values[BASELINE, seed, photo]
        for (variant, seed, photo), value in values.items() if variant == taught
    ]  # fmt: skip
    (row,) = [r for r in summary if (r["degradation"], r["variant"]) == ("web", taught)]
    assert float(row["gain"]) == pytest.approx(np.mean(differences))
    assert (run / "compare.png").read_bytes().startswith(b"\x89PNG")
    require_no_photos(run)
    before = (run / "compare.csv").read_bytes()
    again = command_here(*arguments)
    assert again.status == 0
    assert (run / "compare.csv").read_bytes() == before


def test_a_frontier_writes_quality_and_cost_of_each_size(
    tmp_path: Path, tiny_run: Path, photos_folder: Path
) -> None:
    run = tmp_path / "frontier"
    done = command_here(
        *("distill.frontier", "--photos", photos_folder, "--benchmark", photos_folder),
        *("--run", run, "--teacher", tiny_run, "--sizes", "0x2", "1x4", "--timing-px", "16", *TINY),
        "--no-teacher-heard",
    )
    assert done.status == 0, done.errors
    with (run / "frontier.csv").open() as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["bicubic", "lanczos", "0x2", "1x4", "teacher"]
    for size in ("0x2", "1x4"):
        count = parameter_count(load_network(run / size)[0])
        assert int(rows[size]["parameters"]) == count
        assert int(rows[size]["float16_bytes"]) == 2 * count
        assert int(rows[size]["int8_bytes"]) == count
        assert float(rows[size]["ms_per_megapixel"]) > 0
        validated = read_record(run / size).metrics[
            "validation/psnr"
        ]  # whole photos: they are small
        assert float(rows[size]["psnr"]) == pytest.approx(validated, abs=1e-3)
        assert read_record(run / size).settings["teacher"] is None
    assert rows["bicubic"]["parameters"] == rows["lanczos"]["ms_per_megapixel"] == ""
    assert (run / "frontier.png").read_bytes().startswith(b"\x89PNG")
    require_no_photos(run)


def test_sizes_are_names_or_body_x_channels(tmp_path: Path) -> None:
    assert student_of("large").student == "large"
    assert (student_of("3x20").body, student_of("3x20").channels) == (3, 20)
    common = ("--photos", tmp_path, "--benchmark", tmp_path, "--run", tmp_path / "r")
    for wrong in ("tiny", "3x", "x4", "3x0"):
        done = command_here("distill.frontier", *common, "--sizes", wrong)
        assert done.status == 2, wrong
        assert "Traceback" not in done.errors


def test_the_degradation_is_given_once(tmp_path: Path) -> None:
    common = ("--teacher", tmp_path, "--benchmark", tmp_path, "--run", tmp_path / "r")
    done = command_here("distill.compare", *common, "--photos", tmp_path, "--degradation", "web")
    assert done.status == 2
    assert "--degradations" in done.errors
    done = command_here("distill.frontier", "--benchmark", tmp_path, "--run", tmp_path / "r")
    assert done.status == 2
    assert "--photos or --store" in done.errors
