"""Publishing as a user meets it: a site that is complete, brought up to date, and only ours."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from export.compact.file import read_compact
from export.delivery.student import enlarger_of, read_student
from export.publish.choice import Choice, SentFile
from export.publish.estimate import TimedPhoto, estimate, probes_first
from export.publish.html import snippet
from export.publish.plan import SitePhoto
from plumbing.amounts import in_bytes
from plumbing.command import UserError
from plumbing.disk import sha256_of
from tests.browser.stand_in import write_stand_in
from tests.made.commands import Finished, command_here, hear_interrupts
from tests.made.runs import ROOT
from tests.made.students import write_bilinear_student

QUICK = ("--jobs", "1", "--codecs", "WEBP", "JPEG", "--quality", "50")
DIST = ROOT / "web_demo" / "dist" / "halfsize.js"

pytestmark = pytest.mark.skipif(
    not DIST.is_file() and not os.environ.get("CI"), reason="the page's library is not built"
)


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bilinear_student(tmp_path_factory.mktemp("students") / "bilinear")


def cut(number: int, height: int = 64, width: int = 64) -> Image.Image:
    """A sharp part of a photo, another one for each number."""
    top, left = 60 + 20 * number, 150 + 30 * number
    return Image.fromarray(data.coffee()[top : top + height, left : left + width])


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A soft photo, for which half size wins, and two on which it loses; one in a folder."""
    folder = tmp_path / "my photos"
    (folder / "Sub Folder").mkdir(parents=True)
    soft = Image.fromarray(data.astronaut()).resize((40, 40), Image.Resampling.BICUBIC)
    soft.resize((120, 120), Image.Resampling.BICUBIC).save(folder / "soft.png")
    cut(1, 60, 80).save(folder / "Sub Folder" / "sharp & <bright>.png")
    cut(2).save(folder / "square.png")
    return folder


def publish(photos: Path, student: Path, site: Path, *more: str) -> Finished:
    return command_here("export.publish", photos, "--model", student, "--out", site, *QUICK, *more)


def told(done: Finished) -> dict[str, Any]:
    """What `--json` printed."""
    return json.loads(done.output)


def contents(site: Path) -> dict[str, str]:
    return {
        path.relative_to(site).as_posix(): sha256_of(path)
        for path in site.rglob("*")
        if path.is_file() and ".halfsize" not in path.parts
    }


def test_the_site_is_what_its_manifest_says(photos: Path, student: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = publish(photos, student, site, "--base-url", "/media/")
    assert done.status == 0, done.errors
    manifest = json.loads((site / "manifest.json").read_text())
    names = ["Sub Folder/sharp & <bright>.png", "soft.png", "square.png"]
    assert list(manifest["photos"]) == names
    forms = [manifest["photos"][name]["form"] for name in names]
    assert forms[1] == "half"
    assert "full" in forms
    sums = {"full_bytes": 0, "sent_bytes": 0}
    for name, entry in manifest["photos"].items():
        file = site / entry["file"]
        assert file.stat().st_size == entry["bytes"]
        assert sha256_of(file)[:10] in file.name
        with Image.open(file) as image:
            assert image.size == (entry["file_width"], entry["file_height"])
        assert entry["score"] >= 50
        assert entry["saved_bytes"] == entry["full_size"]["bytes"] - entry["bytes"] >= 0
        assert entry["source"]["sha256"] == sha256_of(photos / name)
        sums["full_bytes"] += entry["full_size"]["bytes"]
        sums["sent_bytes"] += entry["bytes"]
        html = (site / "snippets" / f"{name}.html").read_text()
        assert html == entry["html"] + "\n"
        assert f'src="/media/{entry["file"]}"' in html
        assert f'width="{entry["width"]}" height="{entry["height"]}" alt="{{alt}}"' in html
        assert ("<half-size>" in html) == (entry["form"] == "half")
    totals = manifest["totals"]
    assert {name: totals[name] for name in sums} == sums
    earned = totals["half_earned"] + totals["filters_earned"]
    assert earned == totals["saved_bytes"] == sums["full_bytes"] - sums["sent_bytes"] > 0
    assert (site / manifest["student"]["model"].removeprefix("/media/") / "model.json").is_file()
    assert (site / manifest["student"]["script"].removeprefix("/media/")).is_file()
    downloads = totals["student_bytes"] + totals["runtime_bytes"]
    assert totals["break_even_photos"] == pytest.approx(3 * downloads / totals["saved_bytes"])
    assert f"3 photos, {forms.count('half')} of them at half size" in done.output
    assert not list(site.rglob(".part-*"))


def test_only_what_the_form_of_a_student_needs_is_shipped(
    photos: Path, student: Path, tmp_path: Path
) -> None:
    released = ROOT / "web_demo" / "models" / "small-fine"
    for one, engines, model in (
        (
            released,
            {f"{name}{twin}" for name in ("wasm", "webgl2", "webgpu") for twin in ("", "-alpha")},
            {"model.halfsize"},
        ),
        (
            student,
            {"tfjs-cpu", "tfjs-wasm", "tfjs-webgl", "tfjs-webgpu"},
            {"model.json", "group1-shard1of1.bin"},
        ),
    ):
        site = tmp_path / f"site-{one.name}"
        done = publish(photos, one, site)
        assert done.status == 0, done.errors
        totals = json.loads((site / "manifest.json").read_text())["totals"]
        assert totals["half"] > 0
        scripts = {path.name for path in (site / "halfsize").glob("*.*js")}
        assert scripts == {
            *(f"engine-{name}.js" for name in engines),
            *("half-size.js", "half-size.mjs", "halfsize.js", "halfsize.mjs"),
            *("halfsize-extras.js", "models.js"),
        }
        shipped = {path.name for path in (site / "halfsize" / "models" / one.name).iterdir()}
        assert shipped == {"halfsize.json", *model}
        card = json.loads((one / "halfsize.json").read_text())
        assert totals["student_bytes"] == sum(f["gzip_bytes"] for f in card["files"].values())
        counted = "webgpu" if one == released else "tfjs-webgl"  # the largest; what most run
        assert totals["runtime_bytes"] == sum(
            len(gzip.compress((DIST.parent / f"{name}.js").read_bytes(), 9, mtime=0))
            for name in ("half-size", "halfsize", f"engine-{counted}")
        )


def test_golden_vectors_that_the_page_asks_for_are_shipped(tmp_path: Path) -> None:
    folder = write_bilinear_student(tmp_path / "with-golden")
    (folder / "golden.json").write_text("{}")
    card = json.loads((folder / "halfsize.json").read_text())
    described = {"bytes": 2, "gzip_bytes": 22, "sha256": sha256_of(folder / "golden.json")}
    card["other_files"] = {"golden.json": described}
    (folder / "halfsize.json").write_text(json.dumps(card))
    student = read_student(folder)
    assert dict(student.files)["golden.json"] == b"{}"
    files = card["files"].values()
    assert student.gzip_bytes == sum(file["gzip_bytes"] for file in files) + 22


def test_the_small_runtimes_student_gives_its_own_pixels() -> None:
    """As golden vectors of the file say, which the page's engines are held to."""
    folder = ROOT / "web_demo" / "models" / "small-fine"
    enlarger = enlarger_of(read_student(folder))
    vectors = read_compact(folder / "model.halfsize").golden
    for given, made in vectors:
        assert np.abs(enlarger.enlarge(given).astype(int) - made).max() <= 1
    assert len(vectors) > 1


def test_a_card_of_another_network_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(ROOT / "web_demo" / "models" / "small-fine", folder)
    card = json.loads((folder / "halfsize.json").read_text())
    (folder / "halfsize.json").write_text(json.dumps(card | {"margin_px": 1}))
    with pytest.raises(UserError, match="is of another network"):
        read_student(folder)


def test_a_second_run_does_only_what_changed(photos: Path, student: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    first = told(publish(photos, student, site, "--json"))
    assert (first["worked_on"], first["kept"]) == (3, 0)
    before, stamps = contents(site), {path: path.stat().st_mtime_ns for path in site.rglob("*.*")}
    second = told(publish(photos, student, site, "--json"))
    assert (second["worked_on"], second["kept"], second["removed"]) == (0, 3, 0)
    assert contents(site) == before
    unchanged = [path for path in stamps if path.suffix in (".webp", ".jpg", ".html")]
    assert {path: path.stat().st_mtime_ns for path in unchanged} == {
        path: stamps[path] for path in unchanged
    }
    # A renamed photo is copied, a changed one is done again, and what they were is removed.
    (photos / "square.png").rename(photos / "renamed.png")
    cut(3).save(photos / "soft.png")
    third = told(publish(photos, student, site, "--json"))
    assert (third["worked_on"], third["kept"]) == (1, 2)
    fresh = tmp_path / "fresh"
    publish(photos, student, fresh)
    assert contents(fresh) == {
        name: digest for name, digest in contents(site).items() if "halfsize/" not in name
    } | {name: digest for name, digest in contents(fresh).items() if "halfsize/" in name}


def test_other_settings_or_another_student_do_all_again(
    photos: Path, student: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    publish(photos, student, site)
    assert told(publish(photos, student, site, "--json", "--margin", "0.2"))["worked_on"] == 3
    other = write_stand_in(tmp_path / "nearest")
    assert told(publish(photos, other, site, "--json", "--margin", "0.2"))["worked_on"] == 3


def test_what_is_not_ours_stays(photos: Path, student: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    publish(photos, student, site)
    entry = json.loads((site / "manifest.json").read_text())["photos"]["square.png"]
    (site / "photos" / "mine.webp").write_bytes(b"mine")
    (site / entry["file"]).write_bytes(b"changed by hand")
    (photos / "square.png").unlink()
    done = told(publish(photos, student, site, "--json"))
    assert done["left_because_changed"] == [entry["file"]]
    assert (site / "photos" / "mine.webp").read_bytes() == b"mine"
    assert (site / entry["file"]).read_bytes() == b"changed by hand"
    assert not (site / "snippets" / "square.png.html").exists()


def test_a_file_of_others_is_never_replaced(photos: Path, student: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "manifest.json").write_text("{}")
    sentence = publish(photos, student, site).sentence()
    assert "manifest.json exists and was not written by this command" in sentence
    assert (site / "manifest.json").read_text() == "{}"


def test_broken_photos_are_told_at_the_end(photos: Path, student: Path, tmp_path: Path) -> None:
    (photos / "aa broken.jpg").write_bytes(b"no picture")
    (photos / "zz cut.png").write_bytes((photos / "square.png").read_bytes()[:500])
    site = tmp_path / "site"
    done = publish(photos, student, site, "--json")
    sentence = done.sentence(1)
    assert "2 of 5 photos could not be published" in sentence
    assert "aa broken.jpg: is no picture" in sentence
    assert "zz cut.png: is cut off or damaged" in sentence
    assert set(told(done)["errors"]) == {"aa broken.jpg", "zz cut.png"}
    assert len(json.loads((site / "manifest.json").read_text())["photos"]) == 3


def test_a_dry_run_writes_nothing_and_tells_time_and_space(
    photos: Path, student: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    plan = told(publish(photos, student, site, "--dry-run", "--json"))
    assert (plan["status"], plan["photos"], plan["to_do"]) == ("planned", 3, 3)
    assert plan["seconds"] > 0
    assert 1000 < plan["bytes"] < 100_000
    assert not site.exists()
    done = publish(photos, student, site, "--dry-run")
    assert re.search(r"3 photos to go .*: about \d+ s, .* KB on disk", done.output)


def killed_at(
    number: signal.Signals, photos: Path, student: Path, site: Path
) -> subprocess.CompletedProcess[bytes]:
    """Send a signal to a run once its journal holds a first photo."""
    command = [sys.executable, "-m", "export.publish", photos, "--model", student, "--out", site]
    pipe = subprocess.PIPE
    journal = site / ".halfsize" / "journal.jsonl"
    with subprocess.Popen(
        [*map(str, command), *QUICK[:-1], "60", "--jobs", "2"],
        cwd=ROOT,
        stdout=pipe,
        stderr=pipe,
        preexec_fn=hear_interrupts,
    ) as process:
        end = time.monotonic() + 300
        while time.monotonic() < end and process.poll() is None:
            if journal.is_file() and '"key"' in journal.read_text():
                process.send_signal(number)
                break
            time.sleep(0.02)
        output, errors = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_goes_on_where_it_was(
    number: signal.Signals, photos: Path, student: Path, tmp_path: Path
) -> None:
    for seed in range(8):
        cut(seed, 90, 96).save(photos / f"more{seed}.png")
    site = tmp_path / "site"
    stopped = killed_at(number, photos, student, site)
    if number == signal.SIGINT:
        assert stopped.returncode == 130
        assert b"Traceback" not in stopped.stderr
        assert not list(site.rglob(".part-*"))
    else:
        assert stopped.returncode == -9
    assert not (site / "manifest.json").exists()
    with (site / ".halfsize" / "journal.jsonl").open("a") as journal:
        journal.write('{"key": "half a li')
    rest = told(publish(photos, student, site, "--json", "--quality", "60"))
    assert rest["kept"] >= 1
    assert rest["worked_on"] + rest["kept"] == 11
    fresh = tmp_path / "fresh"
    publish(photos, student, fresh, "--quality", "60")
    assert contents(site) == contents(fresh)


def test_two_runs_at_once_are_refused(photos: Path, student: Path, tmp_path: Path) -> None:
    from filelock import FileLock

    site = tmp_path / "site"
    (site / ".halfsize").mkdir(parents=True)
    with FileLock(site / ".halfsize" / "lock"):
        assert "another process is publishing" in publish(photos, student, site).sentence()


@pytest.mark.parametrize("how", [("--jobs", "2"), ("--ray", "local")])
def test_workers_give_the_very_same_bytes(
    how: tuple[str, str], photos: Path, student: Path, tmp_path: Path
) -> None:
    if how[0] == "--ray" and not os.environ.get("CI"):
        pytest.importorskip("ray", reason="Ray is not installed: pip install halfsize[ray]")
    alone, several = tmp_path / "alone", tmp_path / "several"
    publish(photos, student, alone)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "export.publish", photos, "--model", student),
            *("--out", several, *QUICK, *how),
        ],
        cwd=ROOT,
        env={**os.environ, "RAY_OVERRIDE_RESOURCES": '{"CPU": 2}'},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert contents(several) == contents(alone)


def test_the_best_student_is_taken_its_bytes_counted(photos: Path, tmp_path: Path) -> None:
    good = write_bilinear_student(tmp_path / "good")
    dark = write_bilinear_student(tmp_path / "dark", brightness=0.5)
    heavy = write_bilinear_student(tmp_path / "heavy", padding_bytes=500_000)
    for others, winner in (
        ((dark, good), "good"),
        ((heavy, good), "good"),
        ((heavy, dark), "dark"),
    ):
        site = tmp_path / f"site-{others[0].name}-{others[1].name}"
        flags = (photos, "--students", *others, "--out", site, "--photos-per-visit", "200")
        done = command_here("export.publish", *flags, *QUICK, "--json")
        assert done.status == 0, done.errors
        manifest = json.loads((site / "manifest.json").read_text())
        assert manifest["student"]["name"] == winner
        assert {tried["name"] for tried in manifest["students"]} == {path.name for path in others}
        again = command_here("export.publish", *flags, *QUICK, "--json")
        assert told(again)["worked_on"] == 0


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("--quality", "100"), "quality must be above 0 and below 100"),
        (("--margin", "1"), "margin must be at least 0"),
        (("--jobs", "0"), "must be at least 1"),
        (("--fallback", "AVIF"), "fallback must be JPEG"),
        (("--students", "x"), "give one student with --model"),
    ],
)
def test_wrong_usage_is_told(
    flags: tuple[str, str], reason: str, photos: Path, student: Path, tmp_path: Path
) -> None:
    done = publish(photos, student, tmp_path / "site", *flags)
    assert done.status == 2
    assert reason in " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.errors).split())


def test_what_is_no_student_and_no_folder_is_told(
    photos: Path, student: Path, tmp_path: Path
) -> None:
    assert "is no export folder" in publish(photos, photos, tmp_path / "site").sentence()
    missing = publish(tmp_path / "nowhere", student, tmp_path / "site").sentence()
    assert "no such folder" in missing


def sent(codec: str, sha256: str, scale: int = 1) -> SentFile:
    return SentFile(
        codec=codec,  # pyright: ignore[reportArgumentType]
        quality=50,
        reduction="lanczos" if scale == 2 else None,
        width=600 // scale,
        height=400 // scale,
        bytes=1000,
        sha256=sha256 * 64,
        score=60.0,
    )


def test_the_snippet_for_browsers_without_avif() -> None:
    choice = Choice(
        form="half",
        width=600,
        height=400,
        sent=sent("AVIF", "a", 2),
        fallback=sent("JPEG", "b", 2),
        full=sent("AVIF", "c"),
        reached=True,
        first_codec_bytes=1000,
        first_filter_bytes=1000,
        looks=1,
    )
    assert snippet('a/"Bäume" & 1.png', choice, base_url="https://x.org/") == (
        '<half-size><picture><source type="image/avif" '
        'srcset="https://x.org/photos/a/b-ume-1-aaaaaaaaaa.avif">'
        '<img src="https://x.org/photos/a/b-ume-1-bbbbbbbbbb.jpg" width="600" height="400" '
        'alt="{alt}" loading="lazy" decoding="async"></picture></half-size>'
    )


def test_an_estimate_goes_by_megapixels(tmp_path: Path) -> None:
    sizes = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 24.0]
    made = [
        SitePhoto(path=Path(f"{n}"), name=f"{n}", sha256="", bytes=1, megapixels=size)
        for n, size in enumerate(sizes)
    ]
    first, rest = probes_first(made)[:3], probes_first(made)[3:]
    assert [photo.megapixels for photo in first] == [2.0, 4.0, 6.0]
    assert sorted(photo.megapixels for photo in rest) == [1.0, 3.0, 5.0, 24.0]
    measured = [TimedPhoto(megapixels=2.0, seconds=10.0, bytes=50_000)]
    expected = estimate(rest, measured, workers=2, site=tmp_path / "not" / "there")
    assert expected.seconds == pytest.approx(33 * 5 / 2)
    assert expected.bytes == 33 * 25_000
    assert expected.free_bytes == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.05)
    assert [in_bytes(n) for n in (999, 1500, 123_456, 7e9)] == [
        *("999 bytes", "1.5 KB", "123 KB", "7.0 GB")
    ]


def test_pixels_are_told_before_decoding(tmp_path: Path) -> None:
    array = np.zeros((8, 8, 3), np.uint8)
    Image.fromarray(array).save(tmp_path / "x.png")
    assert probes_first([]) == []
