"""The whole command, on small photos."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from export.bandwidth import measure
from export.bandwidth.plan import FULL
from export.delivery.enlarging import open_for_page
from pixels.quality.score import Original
from pixels.sending.codecs import decode, encode, enlarged_to, reduce
from pixels.stills.files import read_picture
from teacher.networks.registry import settings_of
from teacher.runs.folder import RunRecord, save_run
from tests.made.commands import Finished, command_here
from tests.made.networks import LUMA
from tests.made.workers import made_once

pytestmark = pytest.mark.slow

FEW = ("--codecs", "JPEG", "WEBP", "--qualities", "10", "40", "85", "--half-qualities", "20", "60")
FEW = (*FEW, "95", "--bands", "20", "40", "60", "--jobs", "1", "--reduction-photos", "1")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three photos, one that is cut off and one that is too small; the middle one is whole."""
    folder = tmp_path_factory.mktemp("photos")
    cuts = {
        "coffee.png": data.coffee()[100:164, 200:283],  # odd
        "chelsea.png": data.chelsea()[60:120, 100:170],
        "rocket.png": data.rocket()[40:110, 250:320],
    }
    for name, pixels in cuts.items():
        Image.fromarray(pixels).save(folder / name)
    (folder / "broken.png").write_bytes((folder / "coffee.png").read_bytes()[:900])
    Image.fromarray(np.zeros((5, 40, 3), np.uint8)).save(folder / "small.png")
    return folder


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    record = RunRecord(
        network=LUMA.name,
        network_config=settings_of(LUMA.config),
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
    def make(out: Path) -> None:
        finished = run(
            *(photos, out, "--model", student, "--teacher", "bicubic", "--teacher-photos", "1")
        )
        assert finished.status == 0, finished.errors
        assert "half size against full size" in finished.output
        assert "broken.png" in finished.output
        assert "small.png" in finished.output

    return made_once(tmp_path_factory, "bandwidth-report", make)


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
                shown = enlarged_to(open_for_page(str(student)).enlarge(shown), (64, 83))
            score = Original(pixels).score(shown)
            assert int(row["bytes"]) == len(content)
            assert float(row["ssimulacra2"]) == pytest.approx(score.ssimulacra2, abs=1e-3)
            assert float(row["psnr"]) == pytest.approx(score.psnr, abs=1e-3)


def test_the_summary_has_every_chapter(report: Path) -> None:
    summary = json.loads((report / "summary.json").read_text(encoding="utf-8"))
    assert (summary["photos"], len(summary["left_out"])) == (3, 2)
    assert {row["way"] for row in summary["against_full"]} == {
        "browser",
        "lanczos",
        "tiny",
        "bicubic",
    }
    assert {row["plain"] for row in summary["network"]} == {"browser", "lanczos"}
    assert summary["network_where_the_teacher_was_measured"]["photos"] == 1
    assert sum(entry["photos"] for entry in summary["classes"].values()) == 3
    assert summary["costs_gzip_bytes"]["models"]["tiny"] > 0
    assert summary["freedoms"]
    assert summary["break_even"]
    bands = rows_of(report / "bands.csv")
    assert {row["band"] for row in bands} <= {"20", "40", "60"}


def test_the_page_is_whole_by_itself(report: Path) -> None:
    page = (report / "index.html").read_text(encoding="utf-8")
    for word in ("What half size saves", "Half size against full size", "network", "choice",
                 "class", "Break-even", "Every photo", "measured"):  # fmt: skip
        assert re.search(f"<h[12]>[^<]*{word}", page), word
    assert "tiny" in page
    assert set(re.findall(r'(?:src|href)="(\w+):', page)) <= {"data"}
    assert "<script" not in page
    assert "url(http" not in page
    assert not list(report.rglob(".part-*"))


def test_interrupting_leaves_nothing_half_written_and_goes_on(
    report: Path, photos: Path, student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, encode = tmp_path / "out", measure.encode
    left = [10]

    def interrupted(*args: object, **options: object) -> bytes:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return encode(*args, **options)  # pyright: ignore[reportArgumentType]

    arguments = ("--model", student, "--teacher", "bicubic", "--teacher-photos", "1")
    with monkeypatch.context() as patch:
        patch.setattr(measure, "encode", interrupted)
        finished = run(photos, out, *arguments)
    assert finished.status == 130
    assert [path.name for path in out.iterdir()] == ["cache"]
    assert [path.suffix for path in out.rglob("*.*")] == [".json"]
    for file in (report / "cache").iterdir():  # what is left to do was done before
        (out / "cache" / file.name).write_bytes(file.read_bytes())
    finished = run(photos, out, *arguments)
    assert finished.status == 0, finished.errors
    for name in ("points.csv", "bands.csv", "summary.json", "index.html"):
        assert (out / name).read_bytes() == (report / name).read_bytes(), name


def test_no_photo_that_can_be_measured_is_a_failure(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    finished = command_here(
        *("export.bandwidth", photos / "broken.png", photos / "small.png", "--out", out, *FEW)
    )
    assert "none of the 2 photos" in finished.sentence()
    assert not (out / "index.html").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("--qualities", "50"), 2, "qualities must be at least 3"),
        (("--half-qualities", "0", "50", "90"), 2, "half-qualities must be at least 3"),
        (("--half-qualities", "50"), 2, "half-qualities must be at least 3"),
        (("--bands", "0"), 2, "bands must be"),
        (("--runtime-bytes", "-1"), 2, "runtime-bytes must be"),
        (("--jobs", "0"), 2, "jobs must be"),
        (("--model", "nowhere"), 1, "no such run folder"),
        (("--model", "lanczos"), 1, "two things"),
    ],
)
def test_mistakes_give_a_sentence(
    photos: Path, tmp_path: Path, arguments: tuple[str, ...], status: int, sentence: str
) -> None:
    finished = command_here("export.bandwidth", photos, "--out", tmp_path / "out", *arguments)
    assert finished.status == status
    assert sentence in finished.errors
    assert "Traceback" not in finished.errors
