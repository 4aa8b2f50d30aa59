"""Publishing as a user meets it: a site that is complete, brought up to date, and only ours."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image
from skimage import data

from export.publish.config import PublishConfig
from export.publish.site import Site
from plumbing.disk import sha256_of
from plumbing.paths import DIST, ROOT
from tests.made.commands import command_here, hear_interrupts
from tests.made.published import (
    QUICK,
    Published,
    hashes,
    part_of_photo,
)
from tests.made.students import write_bicubic_student
from tests.missing import require_module, require_page_library

BICUBIC = Image.Resampling.BICUBIC


def test_the_site_is_what_its_manifest_says(published: Published) -> None:
    site, manifest = published.site, published.manifest
    names = ["Sub Folder/sharp & <bright>.png", "soft.png", "square.png"]
    assert list(manifest["photos"]) == names
    forms = [published.largest(name)["form"] for name in names]
    assert forms[1] == "reduced"
    assert "full" in forms
    sums = dict.fromkeys(
        ("full_bytes", "sent_bytes", "full_bytes_at_target", "sent_bytes_at_target"), 0
    )
    for name, photo in manifest["photos"].items():
        (entry,) = photo["widths"]
        file = site / entry["file"]
        assert file.stat().st_size == entry["bytes"]
        assert sha256_of(file)[:10] in file.name
        with Image.open(file) as image:
            assert image.size == (entry["file_width"], entry["file_height"])
        assert entry["score"] >= 50
        full = entry["full_size"]
        assert entry["saved_bytes"] == full["bytes_at_target"] - entry["bytes_at_target"] >= 0
        assert 0.9 * entry["bytes"] < entry["bytes_at_target"] <= entry["bytes"]
        assert 0.9 * full["bytes"] < full["bytes_at_target"] <= full["bytes"]
        assert photo["source"]["sha256"] == sha256_of(published.photos / name)
        sums["full_bytes"] += full["bytes"]
        sums["sent_bytes"] += entry["bytes"]
        sums["full_bytes_at_target"] += full["bytes_at_target"]
        sums["sent_bytes_at_target"] += entry["bytes_at_target"]
        html = (site / "snippets" / f"{name}.html").read_text()
        assert html == photo["html"] + "\n"
        assert f'src="/media/{entry["file"]}"' in html
        assert f'width="{entry["width"]}" height="{entry["height"]}" alt="{{alt}}"' in html
        assert ('<half-size model="/media/halfsize/models/bilinear/">' in html) == (
            entry["form"] == "reduced"
        )
        assert entry["scale"] == (2 if entry["form"] == "reduced" else 1)
        with Image.open(published.photos / name) as image:
            assert image.size == (entry["width"], entry["height"])
        assert (photo["width"], photo["height"]) == (entry["width"], entry["height"])
    assert (manifest["format"], manifest["base_url"]) == (3, "/media/")
    assert manifest["judge"] == {
        "name": "SSIMULACRA2",
        "unit": "points",
        "target": 50.0,
        "description": "SSIMULACRA2",
    }
    totals = manifest["totals"]
    assert {name: totals[name] for name in sums} == sums
    earned = totals["reduced_earned"] + totals["filters_earned"]
    assert earned == sums["full_bytes"] - sums["sent_bytes"] > 0
    saved = sums["full_bytes_at_target"] - sums["sent_bytes_at_target"]
    assert totals["saved_bytes"] == saved > 0
    assert manifest["totals_of_all_widths"] == totals
    fixed = [published.largest(name)["fixed_bytes"] for name in names]
    assert totals["fixed_bytes"] == {
        codec: sum(sizes[codec] for sizes in fixed) for codec in manifest["fixed_settings"]
    }
    (student,) = manifest["students"]
    assert (student["name"], student["scale"], student["sent"]) == ("bilinear", 2, True)
    assert student["photos"] == totals["reduced"] == totals["scales"]["2"]
    assert (site / student["model"].removeprefix("/media/") / "model.json").is_file()
    assert (site / manifest["script"].removeprefix("/media/")).is_file()
    downloads = totals["student_bytes"] + totals["runtime_bytes"]
    assert totals["break_even_photos"] == pytest.approx(3 * downloads / totals["saved_bytes"])
    assert not list(site.rglob(".part-*"))


def test_only_what_the_form_of_a_student_needs_is_shipped(
    published: Published, tmp_path: Path
) -> None:
    compact, site = ROOT / "web_demo" / "models" / "small-fine", tmp_path / "site"
    soft = published.photos / "soft.png"
    finished = command_here("export.publish", soft, "--model", compact, "--out", site, *QUICK)
    assert finished.status == 0, finished.errors
    verified = command_here("export.verify", site / "halfsize", "--no-browser")
    assert "small-fine: hashes, card, form and values are right" in verified.output
    assert (site / "halfsize" / "LICENSE.txt").read_text(encoding="utf-8").startswith("MIT")
    credited = site / "halfsize" / "models" / "small-fine" / "CREDITS.txt"
    assert "by Pierre-Selim Huard, CC-BY-4.0" in credited.read_text(encoding="utf-8")
    for student, folder, engines, model, counted in (
        (
            compact,
            site,
            {f"{name}{twin}" for name in ("wasm", "webgl2", "webgpu") for twin in ("", "-alpha")},
            {"model.halfsize"},
            "webgpu",  # the largest
        ),
        (
            published.student,
            published.site,
            {"tfjs-cpu", "tfjs-wasm", "tfjs-webgl", "tfjs-webgpu"},
            {"model.json", "group1-shard1of1.bin"},
            "tfjs-webgl",  # what most browsers run
        ),
    ):
        totals = json.loads((folder / "manifest.json").read_text())["totals"]
        assert totals["reduced"] > 0
        scripts = {path.name for path in (folder / "halfsize").glob("*.*js")}
        assert scripts == {
            *(f"engine-{name}.js" for name in engines),
            *("half-size.js", "half-size.mjs", "halfsize.js", "halfsize.mjs"),
            *("halfsize-extras.js", "models.js"),
        }
        shipped = {path.name for path in (folder / "halfsize" / "models" / student.name).iterdir()}
        card = json.loads((student / "halfsize.json").read_text())
        assert shipped == {"halfsize.json", *model, *card.get("other_files", {})}
        assert totals["student_bytes"] == sum(f["gzip_bytes"] for f in card["files"].values())
        assert totals["runtime_bytes"] == sum(
            len(gzip.compress((DIST / f"{name}.js").read_bytes(), 9, mtime=0))
            for name in ("half-size", "halfsize", f"engine-{counted}")
        )


def test_a_second_run_does_only_what_changed(copied: Published) -> None:
    first = json.loads((copied.folder / "printed.json").read_text())
    assert (first["status"], first["worked_on"], first["kept"]) == ("published", 3, 0)
    before = copied.files
    stamps = {path: path.stat().st_mtime_ns for path in copied.site.rglob("*.*")}
    second = copied.publish_json()
    assert (second["worked_on"], second["kept"], second["removed"]) == (0, 3, 0)
    assert copied.files == before
    unchanged = [path for path in stamps if path.suffix in (".webp", ".jpg", ".html")]
    assert {path: path.stat().st_mtime_ns for path in unchanged} == {
        path: stamps[path] for path in unchanged
    }
    # A renamed photo is copied, a changed one is done again, and what they were is removed.
    (copied.photos / "square.png").rename(copied.photos / "renamed.png")
    part_of_photo(3).save(copied.photos / "soft.png")
    third = copied.publish_json()
    assert (third["worked_on"], third["kept"]) == (1, 2)
    updated = copied.files
    shutil.rmtree(copied.site)
    finished = copied.publish()
    reduced = copied.manifest["totals"]["reduced"]
    assert f"3 photos, {reduced} of them reduced ({reduced} by 2)" in finished.output
    assert "Judged by SSIMULACRA2: at least 50 points" in finished.output
    assert "with AVIF 50," in finished.output
    assert copied.files == updated


def test_other_settings_do_all_again(copied: Published) -> None:
    assert copied.publish_json("--margin", "0.2")["worked_on"] == 3


def test_what_is_not_ours_stays(copied: Published) -> None:
    entry = copied.largest("square.png")
    (copied.site / "photos" / "mine.webp").write_bytes(b"mine")
    (copied.site / entry["file"]).write_bytes(b"changed by hand")
    (copied.photos / "square.png").unlink()
    assert copied.publish_json()["left_because_changed"] == [entry["file"]]
    assert (copied.site / "photos" / "mine.webp").read_bytes() == b"mine"
    assert (copied.site / entry["file"]).read_bytes() == b"changed by hand"
    assert not (copied.site / "snippets" / "square.png.html").exists()


def test_a_file_of_others_is_never_replaced(copied: Published) -> None:
    other = copied.site.parent / "other"
    other.mkdir()
    (other / "manifest.json").write_text("{}")
    inputs = (copied.photos / "square.png", "--model", copied.student, "--out", other)
    assert "manifest.json" in command_here("export.publish", *inputs, *QUICK).sentence()
    assert (other / "manifest.json").read_text() == "{}"


def test_broken_photos_are_named_at_the_end(copied: Published) -> None:
    (copied.photos / "aa broken.jpg").write_bytes(b"no picture")
    cut_off = (copied.photos / "square.png").read_bytes()[:500]
    (copied.photos / "zz cut.png").write_bytes(cut_off)
    finished = copied.publish("--json", "--strict")
    sentence = finished.sentence(1)
    assert "2 of 5 photos" in sentence
    errors = json.loads(finished.output)["errors"]
    assert set(errors) == {"aa broken.jpg", "zz cut.png"}
    assert all(error in sentence for error in errors.values())
    manifest = copied.manifest
    assert (len(manifest["photos"]), manifest["errors"]) == (3, errors)


def test_a_dry_run_reports_time_and_space_and_writes_nothing(
    copied: Published, tmp_path: Path
) -> None:
    site = tmp_path / "new site"
    plan = copied.publish_json("--dry-run", "--out", str(site))
    assert (plan["status"], plan["photos"], plan["to_do"]) == ("planned", 3, 3)
    assert plan["seconds"] > 0
    assert 1000 < plan["bytes"] < 100_000
    assert not site.exists()
    (copied.photos / "square.png").rename(copied.photos / "renamed.png")
    journal = copied.site / ".halfsize" / "journal.jsonl"
    before = copied.files, journal.read_bytes()
    assert "3 photos are already published" in copied.publish("--dry-run").output
    assert (copied.files, journal.read_bytes()) == before


def test_ctrl_c_keeps_what_is_done(copied: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    files = copied.files
    shutil.rmtree(copied.site)
    remember = Site.remember

    def interrupted(site: Site, key: str, choice: object) -> None:
        remember(site, key, choice)  # pyright: ignore[reportArgumentType]
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Site, "remember", interrupted)
        assert copied.publish().status == 130
    assert not list(copied.site.rglob(".part-*"))
    assert not (copied.site / "manifest.json").exists()
    with (copied.site / ".halfsize" / "journal.jsonl").open("a") as journal:
        journal.write('{"key": "half a li')
    rest = copied.publish_json()
    assert (rest["worked_on"], rest["kept"]) == (2, 1)
    assert copied.files == files


_STOPPING = """
import os, runpy, sys
from export.publish.site import Site
number = int(sys.argv.pop())
remember = Site.remember
def stopped(*arguments):
    remember(*arguments)
    os.kill(os.getpid(), number)
Site.remember = stopped
sys.argv[0] = "export.publish"
runpy.run_module("export.publish", run_name="__main__", alter_sys=True)
"""


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_with_workers_goes_on_where_it_was(
    number: signal.Signals, copied: Published
) -> None:
    files = copied.files
    shutil.rmtree(copied.site)
    inputs = (copied.photos, "--model", copied.student, "--out", copied.site)
    stopped = subprocess.run(
        [
            *(sys.executable, "-c", _STOPPING, *map(str, inputs)),
            *(*QUICK[:-1], "2", str(number.value)),
        ],
        cwd=ROOT,
        capture_output=True,
        preexec_fn=hear_interrupts,
        timeout=300,
        check=False,
    )
    if number == signal.SIGINT:
        assert stopped.returncode == 130
        assert b"Traceback" not in stopped.stderr
        assert not list(copied.site.rglob(".part-*"))
    else:
        assert stopped.returncode == -9
    assert not (copied.site / "manifest.json").exists()
    jobs = "2" if number == signal.SIGKILL else "1"
    rest = copied.publish_json("--jobs", jobs)
    assert (rest["worked_on"], rest["kept"]) == (2, 1)
    assert copied.files == files  # two workers give the very same bytes as one


def test_two_runs_at_once_are_refused(copied: Published) -> None:
    with FileLock(copied.site / ".halfsize" / "lock"):
        assert "another process" in copied.publish().sentence()


@pytest.mark.process
def test_a_ray_cluster_gives_the_very_same_bytes(published: Published, tmp_path: Path) -> None:
    require_module("ray", "pip install ray")
    site = tmp_path / "site"
    inputs = (published.photos, "--model", published.student, "--out", site)
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "export.publish", *map(str, inputs)),
            *(*QUICK, "--ray", "local"),
        ],
        cwd=ROOT,
        env={**os.environ, "RAY_OVERRIDE_RESOURCES": '{"CPU": 2}'},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert hashes(site) == published.files


@pytest.fixture
def several(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A folder of one photo, and two students of the same ratio, one of them with more bytes."""
    require_page_library()
    (tmp_path / "photos").mkdir()
    sharp = Image.fromarray(np.ascontiguousarray(data.coffee()[104:296, 204:396]))
    soft = sharp.resize((40, 40), Image.Resampling.LANCZOS).resize((121, 119), BICUBIC)
    soft.save(tmp_path / "photos" / "soft.png")
    light = write_bicubic_student(tmp_path / "light")
    return tmp_path / "photos", light, write_bicubic_student(tmp_path / "heavy", channels=40)


def test_a_student_that_does_not_pay_for_itself_is_not_sent_and_nothing_is_done_twice(
    several: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    photos, light, heavy = several
    site = tmp_path / "site"
    inputs = (photos, "--model", heavy, light, "--out", site)

    def publish(*flags: str) -> tuple[int, dict[str, Any]]:
        finished = command_here("export.publish", *inputs, *QUICK, *flags, "--json")
        assert finished.status == 0, finished.errors
        worked_on = json.loads(finished.output)["worked_on"]
        manifest = json.loads((site / "manifest.json").read_text())
        # What was tried with a student that is not sent does not stay.
        ((entry,),) = (photo["widths"] for photo in manifest["photos"].values())
        sent = {file["file"] for file in (entry, entry["fallback"]) if file}
        assert {f"photos/{path.name}" for path in (site / "photos").iterdir()} == sent
        return worked_on, manifest

    worked_on, manifest = publish()
    assert worked_on == 1
    assert [student["sent"] for student in manifest["students"]] == [False, True]
    assert manifest["students"][0]["model"] is None
    (photo,) = manifest["photos"].values()
    (entry,) = photo["widths"]
    assert (entry["student"], entry["scale"]) == ("light", "3/2")
    assert (entry["width"], entry["height"]) == (121, 119)
    assert (entry["file_width"], entry["file_height"]) == (82, 80)
    assert 'model="/media/halfsize/models/light/model.halfsize"' in photo["html"]
    assert [path.name for path in (site / "halfsize" / "models").iterdir()] == ["light"]
    assert publish()[0] == 0
    # A visit of one photo saves less than student and scripts take.
    worked_on, manifest = publish("--photos-per-visit", "1")
    assert (worked_on, manifest["totals"]["reduced"], manifest["script"]) == (1, 0, None)
    assert not any(student["sent"] for student in manifest["students"])
    ((entry,),) = (photo["widths"] for photo in manifest["photos"].values())
    assert (entry["form"], entry["scale"], entry["student"]) == ("full", 1, None)
    assert not (site / "halfsize").exists()
    assert publish("--photos-per-visit", "1")[0] == 0


def test_a_photo_is_judged_on_a_screen(several: tuple[Path, Path, Path], tmp_path: Path) -> None:
    photos, light, _ = several
    flags = ("--codecs", "WEBP", "JPEG", "--jobs", "1", "--screen", "phone", "--look", "fair")
    finished = command_here(
        "export.publish", photos, "--model", light, "--out", tmp_path / "site", *flags
    )
    assert finished.status == 0, finished.errors
    assert "Judged by ColorVideoVDP" in finished.output
    assert "(phone): at least 9.3 JOD" in finished.output
    manifest = json.loads((tmp_path / "site" / "manifest.json").read_text())
    judge = manifest["judge"]
    assert (judge["name"], judge["unit"], judge["target"]) == ("ColorVideoVDP", "JOD", 9.3)
    assert manifest["settings"]["screen"]["pixels_per_degree"] == 95
    ((entry,),) = (photo["widths"] for photo in manifest["photos"].values())
    assert 9.3 <= entry["score"] < 9.6
    assert entry["full_size"]["score"] >= 9.3


@pytest.mark.parametrize(
    ("wrong", "key_word"),
    [
        ({"photos": ()}, "photo"),
        ({"quality": 100.0}, "quality"),
        ({"margin": 1.0}, "margin"),
        ({"codecs": ()}, "codecs"),
        ({"jobs": 0}, "jobs"),
        ({"photos_per_visit": 0}, "photos-per-visit"),
        ({"max_side_px": 15}, "max-side-px"),
        ({"widths": ()}, "widths"),
        ({"frugal": 60.0}, "frugal"),
        ({"frugal": "fair"}, "frugal"),
        ({"frugal": 40.0, "screen": "phone"}, "frugal"),
        ({"frugal": "good", "screen": "phone"}, "frugal"),
        ({"widths": (15, "own")}, "widths"),
        ({"fallback": "AVIF"}, "fallback"),
        ({"model": ()}, "model"),
        ({"model": (Path("x"),) * 9}, "model"),
        ({"look": "good"}, "--screen"),
        ({"screen": "phone", "quality": 60.0}, "--quality"),
        ({"screen": "phone", "pixels_per_degree": 60.0}, "--pixels-per-degree"),
        ({"pixels_per_degree": 3.0}, "pixels per degree"),
    ],
)
def test_wrong_settings_are_named(wrong: dict[str, object], key_word: str) -> None:
    settings = {"photos": (Path(),), "out": Path("site"), "model": (Path("student"),), **wrong}
    with pytest.raises(ValueError, match=key_word):
        PublishConfig(**settings)  # pyright: ignore[reportArgumentType]


def test_a_command_without_photos_leaves_an_existing_site_alone(copied: Published) -> None:
    before = copied.files
    flags = ("--model", copied.student, "--out", copied.site)
    finished = command_here("export.publish", *flags)
    assert (finished.status, "photo" in finished.errors) == (2, True)
    assert copied.files == before


def test_wrong_usage_writes_nothing(copied: Published, tmp_path: Path) -> None:
    site, twin = tmp_path / "new site", tmp_path / "twin" / copied.student.name
    finished = copied.publish("--margin", "1", "--out", site)
    assert (finished.status, "margin" in finished.errors) == (2, True)
    shutil.copytree(copied.student, twin)
    renamed = shutil.copytree(copied.student, tmp_path / "renamed")
    compact = ROOT / "web_demo" / "models" / "small-fine"
    for other, key_word in (
        (twin, "same name"),
        (renamed, "same student"),
        (compact, "one engine"),
    ):
        students = ("--model", copied.student, other)
        finished = command_here("export.publish", copied.photos, *students, "--out", site)
        assert key_word in finished.sentence(2)
    assert not site.exists()


@pytest.mark.parametrize(
    ("change", "key_word"),
    [
        (lambda published: shutil.rmtree(published.photos), "my photos"),
        (lambda published: shutil.rmtree(published.student), "export folder"),
        (lambda published: shutil.rmtree(published.site), "--out"),
    ],
)
def test_what_is_missing_is_named(
    change: Callable[[Published], None], key_word: str, copied: Published
) -> None:
    change(copied)
    if not copied.site.exists():
        copied.site.write_text("a file")
    assert key_word in copied.publish().sentence()


def test_two_photos_of_one_name_are_refused(copied: Published, tmp_path: Path) -> None:
    (tmp_path / "others").mkdir()
    part_of_photo(4).save(tmp_path / "others" / "square.png")
    inputs = (copied.photos, tmp_path / "others", "--model", copied.student, "--out", copied.site)
    assert "same name" in command_here("export.publish", *inputs).sentence()
