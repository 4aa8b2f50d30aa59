"""The whole command, on small photos."""

from __future__ import annotations

import csv
import json
import os
import re
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser
from skimage import data

from export.bandwidth import measure
from export.bandwidth.plan import FULL
from export.delivery.enlarging import open_for_page
from pixels.quality.colorvideovdp import ColorVideoVdp
from pixels.quality.score import Original
from pixels.quality.screens import PHONE
from pixels.sending.codecs import decode, encode, enlarged_to, reduce
from pixels.stills.files import read_picture
from tests.made.commands import Finished, command_here
from tests.made.networks import LUMA, RATIO, saved
from tests.made.workers import made_once

pytestmark = pytest.mark.slow

FEW = ("--codecs", "JPEG", "--qualities", "2", "40", "85", "--reduced-qualities", "20")
FEW = (*FEW, "60", "95", "--bands", "20", "40", "60", "--jobs", "1", "--reduction-photos", "1")

MORE = ("--teacher", "bicubic", "--teacher-photos", "1", "--screen", "phone", "--jod-bands", "9")
MORE = (*MORE, "9.5")


BROKEN = os.fsdecode(b"broken\xe9.png")  # in no encoding that a report could have


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
    (folder / BROKEN).write_bytes((folder / "coffee.png").read_bytes()[:900])
    Image.fromarray(np.zeros((5, 40, 3), np.uint8)).save(folder / "small.png")
    return folder


@pytest.fixture(scope="module")
def students(tmp_path_factory: pytest.TempPathFactory) -> tuple[str | Path, ...]:
    """Flags for `tiny`, which doubles, and `wide`, which enlarges two thirds."""
    runs = tmp_path_factory.mktemp("runs")
    for name, network in (("tiny", LUMA), ("wide", RATIO)):
        saved(runs / name, network)
    return ("--model", runs / "tiny", "--model", runs / "wide")


def run(photos: Path, out: Path, *arguments: str | Path) -> Finished:
    return command_here("export.bandwidth", photos, "--out", out, *FEW, *arguments)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def report(
    photos: Path, students: tuple[str | Path, ...], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    def make(out: Path) -> None:
        finished = run(photos, out, *students, *MORE)
        assert finished.status == 0, finished.errors
        assert "saved against full size by SSIMULACRA2, 3 photos" in finished.output
        assert "saved against full size by ColorVideoVDP on a phone" in finished.output
        assert "on the size that takes" in finished.output or "at the same size" in finished.output
        assert "broken%E9.png" in finished.output
        assert "small.png" in finished.output

    return made_once(tmp_path_factory, "bandwidth-report", make)


def test_every_point_is_what_a_page_would_show(
    report: Path, photos: Path, students: tuple[str | Path, ...]
) -> None:
    rows = rows_of(report / "points.csv")
    # 3 settings x (full, and at 2 scales 2 plain and a student), the teacher and 3 more
    # reductions on one.
    assert len(rows) == 3 * (3 * 7 + 1 + 3 * 2 * 3)
    pixels = read_picture(photos / "coffee.png").rgb
    original, on_a_phone = Original(pixels), ColorVideoVdp(PHONE).original(pixels)
    of = {FULL: ("", ""), "tiny": ("2", students[1]), "wide": ("3/2", students[3])}
    for row in rows:
        if row["photo"].endswith("coffee.png") and row["way"] in of:
            scale, student = of[row["way"]]
            assert row["scale"] == scale
            sent = pixels
            if scale:
                sent = reduce(pixels, row["reduction"], Fraction(scale))  # pyright: ignore[reportArgumentType]
            content = encode(sent, row["codec"], int(row["quality"]))  # pyright: ignore[reportArgumentType]
            shown = decode(content)
            if scale:
                shown = enlarged_to(open_for_page(str(student)).enlarge(shown), (64, 83))
            score = original.score(shown)
            assert float(row["jod_phone"]) == pytest.approx(on_a_phone.score(shown), abs=1e-3)
            assert int(row["bytes"]) == len(content)
            assert float(row["ssimulacra2"]) == pytest.approx(score.ssimulacra2, abs=1e-3)
            assert float(row["psnr"]) == pytest.approx(score.psnr, abs=1e-3)


def test_the_summary_has_every_chapter(report: Path) -> None:
    summary = json.loads((report / "summary.json").read_text(encoding="utf-8"))
    assert (summary["photos"], len(summary["left_out"])) == (3, 2)
    assert "broken%E9.png" in summary["left_out"][0]
    assert set(summary["by_judge"]) == {"ssimulacra2", "jod_phone"}
    assert summary["settings"]["scales"]["wide"] == "3/2"
    for row in summary["judges_disagree"]:
        for winners in row["winners"].values():
            assert sum(winners.values()) == row["photos"]
    phone = summary["by_judge"]["jod_phone"]
    assert [band["band"] for band in phone["offers"][0]["bands"]] == [9.0, 9.5]
    assert "students, any size" in {offer["name"] for offer in phone["offers"]}
    found = summary["by_judge"]["ssimulacra2"]
    assert {row["way"] for row in found["against_full"]} == {
        *("browser 2", "lanczos 2", "browser 3/2", "lanczos 3/2"),
        *("tiny", "wide", "bicubic 2"),
    }
    assert {(row["way"], row["plain"]) for row in found["network"]} == {
        *(("tiny", "browser 2"), ("tiny", "lanczos 2")),
        *(("wide", "browser 3/2"), ("wide", "lanczos 3/2")),
    }
    assert found["network_where_the_teacher_was_measured"]["photos"] == 1
    assert sum(entry["photos"] for entry in found["classes"].values()) == 3
    assert summary["costs_gzip_bytes"]["models"]["tiny"] > 0
    assert found["freedoms"]
    assert found["break_even"]
    bands = rows_of(report / "bands.csv")
    assert {row["band"] for row in bands} <= {"20", "40", "60", "9", "9.5"}


def test_the_page_is_whole_by_itself(report: Path) -> None:
    page = (report / "index.html").read_text(encoding="utf-8")
    for word in ("What fewer pixels save", "Fewer pixels against full size", "network", "choice",
                 "class", "Break-even", "Every photo", "measured"):  # fmt: skip
        assert re.search(f"<h[12]>[^<]*{word}", page), word
    assert "tiny" in page
    assert page.count("<h2>") > page.count("on a phone</h2>") >= 6
    assert " JOD, " in page  # below a crop
    assert set(re.findall(r'(?:src|href)="(\w+):', page)) <= {"data"}
    assert "<script" not in page
    assert "url(http" not in page
    assert not list(report.rglob(".part-*"))


def test_the_page_says_where_judges_disagree(report: Path) -> None:
    page = (report / "index.html").read_text(encoding="utf-8")
    found = json.loads((report / "summary.json").read_text(encoding="utf-8"))["judges_disagree"]
    start = page.index("Where judges disagree")
    chapter = page[start : page.index("</section>", start)]
    for judge in ("SSIMULACRA2", "ColorVideoVDP on a phone"):
        assert f'<th class="over" colspan="3">{judge}</th>' in chapter
    rows = re.findall(r"<tr class=\w+>(.*?)</tr>|<tr>(?=<td)(.*?)</tr>", chapter)
    shown = [re.findall(r">([^<]+)</td>", first or second) for first, second in rows]
    assert shown == [
        [
            f"{row['codec']} {row['quality']}",
            str(row["photos"]),
            *(
                str(winners[size]) if winners.get(size) else "\N{EN DASH}"
                for winners in row["winners"].values()
                for size in ("1", "2/3", "1/2")
            ),
            str(row["differing"]),
        ]
        for row in found
    ]
    cases, differing = (sum(row[name] for row in found) for name in ("photos", "differing"))
    assert (f"in {differing} of {cases} cases" if differing else f"in all {cases} cases") in page


def test_plots_name_their_axes(report: Path) -> None:
    page = (report / "index.html").read_text(encoding="utf-8")
    for axis in (
        *("bits per pixel of the original", "mean SSIMULACRA2", "mean JOD on a phone"),
        *("bytes saved, all photos", "photos smaller when reduced", "JOD on a phone"),
        *("change in bytes at equal quality", "points above the browser's own"),
        *("bytes saved against full size at SSIMULACRA2 20", "JOD above the browser's own"),
    ):
        assert re.search(rf"<text[^>]*>{axis.replace(chr(39), '.{1,6}')}</text>", page), axis


_LOOK = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = parts(colour).map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = luminance(getComputedStyle(document.body).backgroundColor);
  document.querySelectorAll('details').forEach((it) => { it.open = true; });
  const faint = [...document.querySelectorAll('body :not(svg *), text')]
    .filter((it) => [...it.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((it) => {
      const { color, fill } = getComputedStyle(it);
      const ink = luminance(it.ownerSVGElement ? fill : color);
      return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) < 4.5;
    });
  const crops = () => [...document.querySelectorAll('.strip')].map((strip) => ({
    side: Number(strip.style.getPropertyValue('--px')),
    ofDegree: Number(strip.style.getPropertyValue('--of-degree')),
    widths: [...strip.querySelectorAll('img')].map((it) => it.getBoundingClientRect().width),
    files: [...strip.querySelectorAll('img')].map((it) => it.naturalWidth),
  }));
  const before = crops();
  document.querySelector('.strip input').click();
  return {
    faint: faint.map((it) => it.textContent), crops: before, closer: crops()[0],
    paper, overflow: document.documentElement.scrollWidth - innerWidth,
  };
}"""


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "density", "per_degree", "scheme"),
    # On a phone of 95 pixels per degree; on a desktop, where a CSS pixel is one of 38.
    [(390, 3, 95 / 3, "light"), (1280, 1, 38, "dark")],
)
def test_crops_are_as_large_as_they_are_seen(
    browser: Browser,
    report: Path,
    width: int,
    density: int,
    per_degree: float,
    scheme: Literal["light", "dark"],
) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": 800},
        device_scale_factor=density,
        color_scheme=scheme,
    )
    page.goto((report / "index.html").as_uri())
    seen = page.evaluate(_LOOK)
    page.close()
    assert seen["faint"] == []
    assert (seen["paper"] > 0.5) == (scheme == "light")
    assert seen["overflow"] <= 0
    assert {crop["ofDegree"] for crop in seen["crops"]} == {38, 95}
    for crop in seen["crops"]:
        assert set(crop["files"]) == {crop["side"]}
        expected = crop["side"] / crop["ofDegree"] * per_degree
        assert crop["widths"] == pytest.approx([expected] * len(crop["widths"]), abs=0.02)
    first = seen["crops"][0]["widths"][0]
    assert seen["closer"]["widths"] == pytest.approx([4 * first] * len(seen["closer"]["widths"]))


def test_interrupting_leaves_nothing_half_written_and_goes_on(
    report: Path,
    photos: Path,
    students: tuple[str | Path, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, encode = tmp_path / "out", measure.encode
    left = [10]

    def interrupted(*args: object, **options: object) -> bytes:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return encode(*args, **options)  # pyright: ignore[reportArgumentType]

    arguments = (*students, *MORE)
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
        *("export.bandwidth", photos / BROKEN, photos / "small.png", "--out", out, *FEW)
    )
    assert "none of the 2 photos" in finished.sentence()
    assert not (out / "index.html").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("--qualities", "50"), 2, "qualities must be at least 3"),
        (("--reduced-qualities", "0", "50", "90"), 2, "reduced-qualities must be at least 3"),
        (("--reduced-qualities", "50"), 2, "reduced-qualities must be at least 3"),
        (("--bands", "0"), 2, "bands must be"),
        (("--jod-bands", "10"), 2, "jod-bands must be"),
        (("--screen", "phone", "phone"), 2, "each screen once"),
        (("--pixels-per-degree", "1"), 2, "4 to 500 pixels per degree"),
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
