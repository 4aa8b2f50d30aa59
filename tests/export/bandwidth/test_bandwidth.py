from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from export.bandwidth.measure import middle_of
from export.bandwidth.plan import FULL
from export.delivery.enlarging import open_for_page
from pixels.quality.score import Original
from pixels.sending.codecs import decode, encode, enlarged_to, reduce
from pixels.stills.files import read_picture
from teacher.runs.folder import RunRecord, save_run
from tests.made.commands import Finished, command_here, hear_interrupts
from tests.made.networks import LUMA
from tests.made.runs import ROOT

FEW = ("--codecs", "JPEG", "WEBP", "--qualities", "10", "40", "85", "--half-qualities", "20", "60")
FEW = (*FEW, "95", "--bands", "20", "40", "60", "--jobs", "1", "--reduction-photos", "1")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    cuts = {
        "coffee.png": data.coffee()[100:196, 200:327],  # odd
        "chelsea.png": data.chelsea()[60:150, 100:200],
        "rocket.png": data.rocket()[40:150, 250:350],
    }
    for name, pixels in cuts.items():
        Image.fromarray(pixels).save(folder / name)
    return folder


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    record = RunRecord(
        network=LUMA.name,
        network_config=asdict(LUMA.config),
        settings={},
        git_commit=None,
        data={},
    )
    save_run(folder, LUMA, record)
    return folder


def run(photos: Path, out: Path, *arguments: str | Path) -> Finished:
    return command_here("export.bandwidth", photos, "--out", out, *FEW, *arguments)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def report(photos: Path, student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    done = run(photos, out, "--model", student, "--teacher", "bicubic", "--teacher-photos", "1")
    assert done.status == 0, done.output + done.errors
    assert "half size against full size" in done.output
    return out


def test_every_point_is_what_a_page_would_show(report: Path, photos: Path, student: Path) -> None:
    rows = rows_of(report / "points.csv")
    # 2 codecs x 3 settings x (full, 2 plain, student), the teacher and 3 more reductions on one.
    assert len(rows) == 2 * 3 * (3 * 4 + 1 + 3 * 3)
    for row in rows:
        if row["photo"].endswith("coffee.png") and row["way"] in (FULL, "tiny"):
            pixels = read_picture(photos / "coffee.png").rgb
            half = row["way"] == "tiny"
            sent = reduce(pixels, row["reduction"]) if half else pixels  # pyright: ignore[reportArgumentType]
            content = encode(sent, row["codec"], int(row["quality"]))  # pyright: ignore[reportArgumentType]
            shown = decode(content)
            if half:
                shown = enlarged_to(open_for_page(str(student)).enlarge(shown), (96, 127))
            score = Original(pixels).score(shown)
            assert int(row["bytes"]) == len(content)
            assert float(row["ssimulacra2"]) == pytest.approx(score.ssimulacra2, abs=1e-3)
            assert float(row["psnr"]) == pytest.approx(score.psnr, abs=1e-3)


def test_the_summary_has_every_chapter(report: Path) -> None:
    told = json.loads((report / "summary.json").read_text(encoding="utf-8"))
    assert (told["photos"], told["left_out"]) == (3, [])
    assert {row["way"] for row in told["against_full"]} == {"browser", "lanczos", "tiny", "bicubic"}
    assert {row["plain"] for row in told["network"]} == {"browser", "lanczos"}
    assert told["network_where_the_teacher_was_measured"]["photos"] == 1
    assert sum(entry["photos"] for entry in told["classes"].values()) == 3
    assert told["costs_gzip_bytes"]["models"]["tiny"] > 0
    assert told["freedoms"]
    assert told["break_even"]
    bands = rows_of(report / "bands.csv")
    assert {row["band"] for row in bands} <= {"20", "40", "60"}


def test_the_page_is_whole_by_itself(report: Path) -> None:
    page = (report / "index.html").read_text(encoding="utf-8")
    for chapter in ("What half size saves", "Half size against full size", "itself earns",
                    "each freedom earns", "By class", "Break-even", "Every photo"):  # fmt: skip
        assert chapter in page
    assert "tiny" in page
    assert set(re.findall(r'(?:src|href)="(\w+):', page)) <= {"data"}
    assert "<script" not in page
    assert "url(http" not in page
    assert not list(report.rglob(".part-*"))


def test_what_was_measured_is_not_measured_again(
    report: Path, photos: Path, student: Path, tmp_path: Path
) -> None:
    out = tmp_path / "again"
    (out / "cache").mkdir(parents=True)
    for file in (report / "cache").iterdir():
        content = json.loads(file.read_text(encoding="utf-8"))
        for key in content["points"]:
            if key.startswith("JPEG-q10-full"):
                content["points"][key]["bytes_"] = 77  # nobody measures this
        (out / "cache" / file.name).write_text(json.dumps(content), encoding="utf-8")
    done = run(photos, out, "--model", student)
    assert done.status == 0, done.errors
    rows = rows_of(out / "points.csv")
    planted = [row for row in rows if row["bytes"] == "77"]
    assert len(planted) == 3
    assert all(row["way"] == FULL and row["quality"] == "10" for row in planted)


def test_two_processes_and_damaged_caches_give_the_same_bytes(
    report: Path, photos: Path, student: Path, tmp_path: Path
) -> None:
    out = tmp_path / "two"
    (out / "cache").mkdir(parents=True)
    for file in (report / "cache").iterdir():
        (out / "cache" / file.name).write_text("{", encoding="utf-8")
    more = ("--teacher", "bicubic", "--teacher-photos", "1", "--jobs", "2")
    done = run(photos, out, "--model", student, *more)
    assert done.status == 0, done.errors
    for name in ("points.csv", "bands.csv", "summary.json"):
        assert (out / name).read_bytes() == (report / name).read_bytes(), name


def test_a_broken_photo_is_told_and_stops_nothing(
    photos: Path, student: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "whole.png").write_bytes((photos / "chelsea.png").read_bytes())
    (folder / "cut.png").write_bytes((photos / "coffee.png").read_bytes()[:900])
    Image.fromarray(np.zeros((5, 40, 3), np.uint8)).save(folder / "small.png")
    done = run(folder, tmp_path / "out", "--model", student, "--codecs", "JPEG")
    assert done.status == 0, done.errors
    assert "cut.png" in done.output
    assert "small.png is too small" in done.output
    told = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert (told["photos"], len(told["left_out"])) == (1, 2)
    (folder / "whole.png").unlink()
    done = run(folder, tmp_path / "none", "--codecs", "JPEG")
    assert done.status == 1
    assert "none of the 2 photos can be measured" in done.errors
    assert not (tmp_path / "none" / "index.html").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("--qualities", "50"), 2, "qualities must be at least 3"),
        (("--bands", "0"), 2, "bands must be"),
        (("--jobs", "0"), 2, "jobs must be"),
        (("--model", "nowhere"), 1, "no such run folder"),
        (("--model", "lanczos"), 1, "would stand for two things"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    photos: Path, tmp_path: Path, arguments: tuple[str, ...], status: int, sentence: str
) -> None:
    done = command_here("export.bandwidth", photos, "--out", tmp_path / "out", *arguments)
    assert done.status == status
    assert sentence in done.errors
    assert "Traceback" not in done.errors


def test_only_photos_kept_out_of_training_are_taken(photos: Path, tmp_path: Path) -> None:
    from pixels.store.shards import split_of
    from plumbing.disk import sha256_of

    folder = tmp_path / "trained"
    folder.mkdir()
    pixels = read_picture(photos / "rocket.png").rgb
    for number in range(12):
        Image.fromarray(pixels + np.uint8(number)).save(folder / f"{number}.png")
    kept = {p.name for p in folder.iterdir() if split_of(sha256_of(p)) != "train"}
    assert 0 < len(kept) < 12
    done = command_here(
        *("export.bandwidth", "--held-out", folder, "--out", tmp_path / "out"),
        *(*FEW, "--codecs", "JPEG", "--reduction-photos", "0"),
    )
    assert done.status == 0, done.errors
    rows = rows_of(tmp_path / "out" / "points.csv")
    assert {Path(row["photo"]).name for row in rows} == kept


def test_interrupting_leaves_nothing_half_written_and_goes_on(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["export.bandwidth", photos, "--out", out, *FEW, "--codecs", "JPEG", "AVIF"]
    arguments += ["--avif-speed", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interrupts,
    )
    deadline = time.monotonic() + 120
    while not list(out.glob("cache/*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "interrupted" in told
    assert not (out / "index.html").exists()
    assert not list(out.rglob(".part-*"))
    done = command_here(*arguments, "--avif-speed", "10")
    assert done.status == 0, done.errors


def test_only_the_middle_of_large_photos_is_measured() -> None:
    pixels = np.arange(7 * 10 * 3, dtype=np.uint8).reshape(7, 10, 3)
    assert middle_of(pixels, None) is pixels
    assert np.array_equal(middle_of(pixels, 4), pixels[1:5, 3:7])
    assert np.array_equal(middle_of(pixels, 8), pixels[:, 1:9])
