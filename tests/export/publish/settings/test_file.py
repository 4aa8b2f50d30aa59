"""The settings file: what it sets, what outweighs it, and mistakes in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tyro

import halfsize
from export.publish.config import PublishConfig
from export.publish.settings.merge import fields_of, read_file, with_tables, words_with_file
from pixels.quality.looks import LOOKS
from plumbing.command import UserError
from tests.made.commands import command_here
from tests.made.published import MANY_PHOTOS, part_of_photo, soft_photo
from tests.missing import require_page_library

CONTENT = """
model = "nano-web"
out = "there"
quality = 70
widths = [100, "own"]
fallback = "none"
max-side-px = 1000
photos_per_visit = 5
keep-metadata = true
first = ["hero.jpg"]

[folder."news/*"]
quality = 50
widths = "own"

[folder.news]
margin = 0.2

[photo."news/2026/*.png"]
first = true
screen = "phone"
look = "fair"

[photo."hero.jpg"]
sizes = "100vw"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(CONTENT, encoding="utf-8")
    return path


def parsed(words: list[str]) -> PublishConfig:
    """The settings as the command has them."""
    config = tyro.cli(PublishConfig, args=words_with_file(words))
    return with_tables(config, fields_of(words))


def test_the_file_sets_flags_and_the_command_line_wins(file: Path) -> None:
    config = parsed(["photos", "--settings", str(file), "--out=here", "--max_side_px", "500"])
    assert (config.photos, config.model, config.out) == (
        *((Path("photos"),), (Path("nano-web"),)),
        Path("here"),
    )
    assert (config.quality, config.widths, config.fallback) == (70.0, (100, "own"), None)
    assert (config.max_side_px, config.photos_per_visit, config.keep_metadata) == (500, 5, True)
    assert not parsed(["p", "--settings", str(file), "--no-keep-metadata"]).keep_metadata


def test_who_judges_is_decided_by_who_says_it_last(file: Path) -> None:
    config = parsed(["photos", "--settings", str(file), "--screen", "laptop"])
    assert (config.quality, config.decisive.target) == (None, LOOKS["good"])
    # Nor does a folder's quality outweigh the command line's screen.
    assert config.wanted("news/2026/a.jpg").settings.target == LOOKS["good"]
    assert config.wanted("news/2026/a.png").settings.target == LOOKS["fair"]


@pytest.mark.parametrize(
    ("name", "target", "margin", "widths", "first"),
    [
        ("a.jpg", 70.0, 0.1, (100, "own"), False),
        ("hero.jpg", 70.0, 0.1, (100, "own"), True),
        ("news/a.jpg", 70.0, 0.2, (100, "own"), False),
        ("news/2026/a.jpg", 50.0, 0.2, ("own",), False),
        ("news/2026/may/a.jpg", 50.0, 0.2, ("own",), False),
        ("news/2026/a.png", LOOKS["fair"], 0.2, ("own",), True),
        ("old/news/a.jpg", 70.0, 0.1, (100, "own"), False),
    ],
)
def test_a_photo_has_what_its_folders_and_its_name_say(
    name: str, target: float, margin: float, widths: tuple[object, ...], first: bool, file: Path
) -> None:
    wanted = parsed(["photos", "--settings", str(file)]).wanted(name)
    settings = wanted.settings
    assert (settings.target, settings.margin, settings.widths) == (target, margin, widths)
    assert wanted.first == first
    assert wanted.sizes == ("100vw" if name == "hero.jpg" else None)


def test_the_command_line_outweighs_tables(file: Path) -> None:
    config = parsed(["p", "--settings", str(file), "--margin", "0", "--quality", "40"])
    settings = config.wanted("news/2026/a.png").settings
    assert (settings.margin, settings.target, settings.screen) == (0.0, 40.0, None)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("qualty = 60", "there is no setting qualty; there are base-url, codecs, "),
        ("photos = 'a'", "there is no setting photos"),
        ("[foto.'a.jpg']\nfirst = true", "there is no setting foto"),
        ("[photo.'a.jpg']\nout = 'x'", '[photo."a.jpg"]: there is no setting out; there are'),
        ("quality = 'high'", "quality must be a number or 'none', got 'high'"),
        ("quality = 120", "quality must be above 0 and below 100, got 120"),
        ("jobs = true", "jobs must be a whole number or 'none', got True"),
        ("json = 1", "json must be true or false, got 1"),
        ("codecs = ['PNG']", "codecs must be 'JPEG' or 'WEBP' or 'AVIF', got 'PNG'"),
        ("widths = [480, 'mine']", "widths must be a whole number or 'own', got 'mine'"),
        ("look = 'great'", "look must be "),
        ("[folder.'news']\nmargin = 2", '[folder."news"]: margin must be at least 0'),
        ("[photo.a]\nlook = 'good'", '[photo."a"]: --look needs --screen'),
        ("photo = 1", "photo must be a table"),
        ("[photo]\na = 1", '[photo."a"] must be a table, got 1'),
        ("quality 60", "is no TOML file"),
    ],
)
def test_mistakes_are_named_with_file_and_key(content: str, sentence: str, file: Path) -> None:
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        parsed(["photos", "--model", "m", "--out", "o", "--settings", str(file)])
    assert str(file) in str(caught.value)
    assert sentence in str(caught.value)
    with pytest.raises(UserError, match="cannot be read"):
        read_file(file.with_name("no-such.toml"))


def test_photos_of_the_first_screen_are_whole_and_the_others_are_not(tmp_path: Path) -> None:
    """As a command and as a function, with the same bytes."""
    require_page_library()
    photos, site, other = (tmp_path / name for name in ("photos", "site", "other"))
    (photos / "sub").mkdir(parents=True)
    soft_photo().save(photos / "hero.png")
    soft_photo().rotate(90).save(photos / "sub" / "soft.png")
    part_of_photo(1).save(photos / "sub" / "sharp.png")
    settings = tmp_path / "settings.toml"
    settings.write_text(
        "codecs = ['WEBP', 'JPEG']\nquality = 50\njobs = 1\n"
        f"photos-per-visit = {MANY_PHOTOS[-1]}\nmodel = 'small-fine'\n"
        "widths = [60, 'own']\n[photo.'sub/sharp.png']\nquality = 30\nwidths = 'own'\n",
        encoding="utf-8",
    )
    flags = ("--settings", settings, "--first", "hero.png")
    finished = command_here("export.publish", photos, "--out", site, *flags)
    assert finished.status == 0, finished.errors
    manifest = json.loads((site / "manifest.json").read_text())
    hero, soft, sharp = (
        manifest["photos"][f"{name}.png"] for name in ("hero", "sub/soft", "sub/sharp")
    )
    assert [photo["first"] for photo in (hero, soft, sharp)] == [True, False, False]
    assert {width["form"] for width in hero["widths"]} == {"full"}
    assert 'fetchpriority="high"' in hero["html"]
    assert "lazy" not in hero["html"] and "half-size" not in hero["html"]
    assert soft["widths"][-1]["form"] == "reduced"
    assert 'loading="lazy"' in soft["html"]
    assert sharp["settings"] == {"target": 30.0, "widths": ["own"]}
    assert "settings" not in soft
    again = halfsize.publish(photos, other, settings=settings, first=("hero.png",))
    assert again == manifest
    finished = command_here("export.publish", photos, "--out", site, *flags, "her.png")
    assert "--first her.png: no photo has this name" in finished.sentence(2)
