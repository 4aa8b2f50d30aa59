"""Folders as people have them: no photo ends the run, and nothing is lost in silence."""

from __future__ import annotations

import io
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from export.delivery.student import read_student
from export.publish.choice import SentPhoto, Settings
from export.publish.config import PublishConfig
from export.publish.search import choose
from export.publish.search.choose import PhotoOutcome, PhotoTask, publish_photo
from export.publish.site import Site, snippet_path
from pixels.sending.codecs import MOST_SIDE_PX, obstacle
from tests.made.commands import Finished, command_here
from tests.made.published import (
    MANY_PHOTOS,
    QUICK,
    Published,
    chosen,
    part_of_photo,
    sent_file,
    soft_photo,
)
from tests.made.students import write_bilinear_student
from tests.missing import require_page_library


class Folder:
    """Photos and the site that they are published to."""

    def __init__(self, root: Path, student: Path) -> None:
        self.photos, self.site, self._student = root / "photos", root / "site", student
        self.photos.mkdir()

    def put(self, name: str | bytes, number: int = 1, **options: Any) -> Path:  # noqa: ANN401
        path = self.photos / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            part_of_photo(number, 40, 48).save(file, "JPEG", **options)
        return path

    def publish(self, *flags: str | Path, out: Path | None = None) -> Finished:
        inputs = (self.photos, "--model", self._student, "--out", out or self.site)
        return command_here(
            *("export.publish", *inputs, "--codecs", "WEBP", "JPEG", "--quality", "20"),
            *("--effort", "fast"),
            *("--jobs", "1", *MANY_PHOTOS, *flags),
        )

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.site / "manifest.json").read_text(encoding="utf-8"))

    def largest(self, name: str) -> dict[str, Any]:
        """What the manifest says of a photo's largest width."""
        return self.manifest["photos"][name]["widths"][-1]

    @property
    def names(self) -> list[str]:
        return sorted(self.manifest["photos"])

    @property
    def files(self) -> set[str]:
        return {path.name for path in (self.site / "photos").rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bilinear_student(tmp_path_factory.mktemp("students") / "bilinear")


@pytest.fixture
def folder(tmp_path: Path, student: Path) -> Folder:
    require_page_library()
    return Folder(tmp_path, student)


# -- one photo does not end the run ------------------------------------------------------


@pytest.mark.parametrize(
    "error", [ValueError("encoding error 5"), ZeroDivisionError(), MemoryError()]
)
def test_whatever_a_photo_does_the_others_are_published(
    folder: Folder, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put("a.jpg")
    folder.put("b.jpg", 2)
    read_source = choose.read_source

    def failing(content: bytes, name: str, **options: Any) -> object:  # noqa: ANN401
        if name.endswith("a.jpg"):
            raise error
        return read_source(content, name, **options)

    monkeypatch.setattr(choose, "read_source", failing)
    warned = folder.publish()
    assert (warned.status, "error" in warned.output) == (0, False)
    assert "WARNING: 1 of 2 photos could not be published, the others are: " in warned.errors
    assert "1 of 2 photos" in folder.publish("--strict").sentence()
    assert folder.names == ["b.jpg"]
    assert list(folder.manifest["errors"]) == ["a.jpg"]


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: Any) -> bytes:  # noqa: ANN401
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def published(content: bytes, student: Path, **settings: Any) -> PhotoOutcome:  # noqa: ANN401
    wanted = replace(
        Settings(target=10.0, margin=0.1, effort="fast", codecs=("WEBP", "JPEG")), **settings
    )
    return publish_photo(
        PhotoTask(name="made", content=content, settings=wanted, students=(read_student(student),))
    )


def test_a_codec_that_cannot_hold_a_photo_is_left_out(student: Path) -> None:
    wide = np.tile(np.asarray(part_of_photo(1, 12, 64)), (1, 257, 1))
    assert wide.shape[1] > MOST_SIDE_PX["WEBP"]
    choice = chosen(published(encoded(wide), student))
    assert choice.full.codec == "JPEG"
    alone = published(encoded(wide), student, codecs=("WEBP",))
    assert "WEBP holds at most 16383 pixels a side, the photo is 16448 x 12" in alone.error
    assert alone.photo is None
    clear = np.dstack([wide, np.full(wide.shape[:2], 100, np.uint8)])
    outcome = published(encoded(clear), student)
    assert "WEBP holds" in outcome.error
    assert "JPEG cannot hold transparency" in outcome.error


def test_exif_that_is_too_long_for_jpeg_leaves_jpeg_out(student: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = 70_000 * "x"
    content = encoded(np.asarray(part_of_photo(1)), "PNG", exif=exif.tobytes())
    choice = chosen(published(content, student, keep_metadata=True))
    assert choice.sent.codec == "WEBP"
    alone = published(content, student, keep_metadata=True, codecs=("JPEG",))
    assert "bytes of EXIF" in alone.error
    assert "--keep-metadata" in alone.error
    assert published(content, student, codecs=("JPEG",)).error == ""


def test_a_fallback_that_cannot_hold_the_photo_is_another_codec(student: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = 70_000 * "x"
    content = encoded(np.asarray(part_of_photo(1)), "PNG", exif=exif.tobytes())
    choice = chosen(published(content, student, keep_metadata=True, codecs=("AVIF",)))
    assert choice.fallback is not None
    assert choice.fallback.codec == "WEBP"


@pytest.mark.parametrize("codec", ["JPEG", "WEBP", "AVIF"])
def test_the_limits_of_codecs_are_theirs(codec: Any) -> None:  # noqa: ANN401
    most = MOST_SIDE_PX[codec]
    assert obstacle(codec, (most, 1)) == ""
    assert str(most) in obstacle(codec, (1, most + 1))


def test_a_tiff_keeps_its_exif_and_not_its_layout(folder: Folder) -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[700] = b"<x:xmpmeta>" + b" " * 70_000 + b"</x:xmpmeta>"
    tags.tagtype[700] = 1
    tags[0x010E] = "a harbour"
    part_of_photo(2).save(folder.photos / "scan.tif", tiffinfo=tags)
    assert folder.publish("--keep-metadata").status == 0
    entry = folder.largest("scan.tif")
    with Image.open(folder.site / entry["file"]) as image:
        assert dict(image.getexif()) == {0x010E: "a harbour", 0x0112: 1}


def test_a_photo_whose_file_is_in_the_way_is_an_error_of_its_own(folder: Folder) -> None:
    folder.put("a.jpg")
    folder.put("b.jpg", 2)
    folder.publish()
    path = folder.site / folder.largest("a.jpg")["file"]
    shutil.rmtree(folder.site)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    assert path.name in folder.publish("--strict").sentence()
    assert folder.names == ["b.jpg"]
    assert path.read_bytes() == b"mine"


# -- what failed this time stays -----------------------------------------------------------


def test_files_of_a_photo_that_fails_stay_until_it_is_taken_away(folder: Folder) -> None:
    folder.put("one.jpg", 1)
    two = folder.put("two.jpg", 2)
    whole = two.read_bytes()
    folder.publish()
    before = folder.files
    for _ in range(2):  # also in the run after the one whose manifest names it last
        two.write_bytes(whole[:800])
        done = folder.publish("--json")
        assert done.status == 0
        told = json.loads(done.output)
        assert told["left_because_failed"] == ["two.jpg"]
        assert (told["worked_on"], told["kept"]) == (1, 1)
        assert folder.files == before
        assert (folder.site / "snippets" / "two.jpg.html").is_file()
        assert (folder.names, list(folder.manifest["errors"])) == (["one.jpg"], ["two.jpg"])
    two.unlink()
    assert folder.publish().status == 0
    assert len(folder.files) == 1
    assert not (folder.site / "snippets" / "two.jpg.html").exists()


def test_the_student_stays_while_a_failed_photo_needs_it(folder: Folder) -> None:
    soft_photo().save(folder.photos / "soft.png")
    folder.publish("--quality", "50")
    assert folder.largest("soft.png")["form"] == "reduced"
    scripts = {path for path in (folder.site / "halfsize").rglob("*") if path.is_file()}
    (folder.photos / "soft.png").write_bytes(b"damaged")
    folder.publish("--quality", "50")
    assert {path for path in (folder.site / "halfsize").rglob("*") if path.is_file()} == scripts


def test_a_folder_that_cannot_be_searched_is_an_error_and_its_files_stay(
    folder: Folder, tmp_path: Path
) -> None:
    folder.put("one.jpg")
    (tmp_path / "disk").mkdir()
    shutil.copy(folder.put("x.jpg", 3), tmp_path / "disk" / "far.jpg")
    (folder.photos / "x.jpg").unlink()
    (folder.photos / "linked").symlink_to(tmp_path / "disk")
    assert folder.publish().status == 0
    before = folder.files
    assert folder.names == ["linked/far.jpg", "one.jpg"]
    (tmp_path / "disk").rename(tmp_path / "not mounted")
    assert "leads nowhere" in folder.publish("--strict").sentence()
    assert (folder.files, folder.names) == (before, ["one.jpg"])


def test_sites_of_earlier_versions_know_their_files_from_the_manifest(folder: Folder) -> None:
    folder.put("one.jpg")
    two = folder.put("two.jpg", 2)
    folder.publish()
    journal = folder.site / ".halfsize" / "journal.jsonl"
    lines = [line for line in journal.read_text().splitlines() if '"published"' not in line]
    journal.write_text("\n".join(lines) + "\n")
    before = folder.files
    two.write_bytes(b"damaged")
    folder.publish()
    assert folder.files == before


# -- nothing is passed over in silence -----------------------------------------------------


def test_what_is_passed_over_is_in_output_and_manifest(folder: Folder) -> None:
    folder.put("one.jpg")
    folder.put("DSC0042", 2)
    (folder.photos / "a.jxl").write_bytes(b"\xff\x0a" + bytes(50))
    done = folder.publish()
    assert done.status == 0
    assert "1 x JPEG XL photo; convert it to JPEG or PNG first: a.jxl" in done.errors
    assert folder.names == ["DSC0042", "one.jpg"]
    assert list(folder.manifest["notes"]) == ["a.jxl"]
    assert list(json.loads(folder.publish("--json").output)["notes"]) == ["a.jxl"]
    assert "a.jxl" in folder.publish("--dry-run").errors


def test_further_pages_are_named_and_previews_are_not_pages(folder: Folder) -> None:
    pages = [part_of_photo(number) for number in (1, 2, 3)]
    pages[0].save(folder.photos / "scans.tif", save_all=True, append_images=pages[1:])
    preview = TiffImagePlugin.ImageFileDirectory_v2()
    preview[254] = 1
    small = part_of_photo(1, 8, 8)
    small.encoderinfo = {"tiffinfo": preview}
    pages[1].save(folder.photos / "camera.tif", save_all=True, append_images=[small])
    assert folder.publish().status == 0
    assert folder.names == ["camera.tif", "scans.tif"]
    assert folder.manifest["notes"] == {"scans.tif": "only the first of its 3 pages is published"}


# -- names ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [b"caf\xe9.jpg", b"\xff/\xe9 \xfe.jpg", ("写" * 82 + ".jpg").encode(), b"a" * 251 + b".jpg"],
    ids=["latin 1", "folder", "long japanese", "long latin"],
)
def test_any_name_is_published(folder: Folder, name: bytes) -> None:
    folder.put("ok.jpg")
    folder.put(name, 2)
    assert folder.publish().status == 0
    other = next(one for one in folder.names if one != "ok.jpg")
    entry = folder.manifest["photos"][other]
    assert (folder.site / folder.largest(other)["file"]).is_file()
    assert (folder.site / snippet_path(other)).read_text() == entry["html"] + "\n"
    again = json.loads(folder.publish("--json").output)
    assert (again["kept"], again["removed"]) == (2, 0)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Müller & Söhne.jpg", "photos/müller-söhne-aaaaaaaaaa.avif"),
        ("Mu\u0308ller.jpg", "photos/müller-aaaaaaaaaa.avif"),  # as macOS may write it
        ("東京/夜 景.jpg", "photos/東京/夜-景-aaaaaaaaaa.avif"),
        ("हिन्दी.png", "photos/हिन्दी-aaaaaaaaaa.avif"),
        ("A b.C.jpg", "photos/a-b.c-aaaaaaaaaa.avif"),
        ("🎉.jpg", "photos/photo-aaaaaaaaaa.avif"),
        ("..jpg", "photos/photo-aaaaaaaaaa.avif"),
        ("aux!/con.jpg", "photos/aux-/con-aaaaaaaaaa.avif"),  # Windows has devices of these names
        (f"{'ü' * 125}.jpg", f"photos/{'ü' * 60}-aaaaaaaaaa.avif"),
    ],
)
def test_published_names_keep_letters_of_every_script(name: str, path: str) -> None:
    assert sent_file("AVIF", "a").path(name) == path


def test_a_name_that_the_disk_refuses_is_an_error_of_the_photo(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put("a.jpg")
    folder.put("b.jpg", 2)
    put_photo = Site.put_photo

    def refusing(site: Site, name: str, photo: SentPhoto, contents: dict[str, bytes]) -> None:
        if name == "a.jpg":
            raise OSError(84, "Invalid or incomplete multibyte or wide character")
        put_photo(site, name, photo, contents)

    monkeypatch.setattr(Site, "put_photo", refusing)
    assert "a.jpg: cannot be written" in folder.publish("--strict").sentence()
    assert folder.names == ["b.jpg"]


# -- output as input -----------------------------------------------------------------------


@pytest.mark.parametrize("out", ["site", "deep/er/site"])
def test_a_site_within_the_photos_is_left_out(folder: Folder, out: str) -> None:
    folder.put("one.jpg")
    folder.site = folder.photos / out
    for _ in range(3):
        assert folder.publish().status == 0
        assert folder.names == ["one.jpg"]
        assert folder.manifest["notes"] == {}


def test_a_site_that_is_linked_into_the_photos_is_left_out(folder: Folder) -> None:
    folder.put("one.jpg")
    (folder.photos / "live").symlink_to(folder.site)
    for _ in range(2):
        folder.publish()
        assert folder.names == ["one.jpg"]


def test_photos_that_are_the_site_or_its_photos_are_refused(folder: Folder) -> None:
    folder.put("one.jpg")
    for out in (folder.photos, folder.photos.parent):
        assert "name another folder" in folder.publish(out=out).sentence(2)
    assert [path.name for path in folder.photos.iterdir()] == ["one.jpg"]


def test_a_single_photo_that_was_published_here_is_left_out(copied: Published) -> None:
    file = copied.site / copied.largest("square.png")["file"]
    inputs = (copied.photos, file, "--model", copied.student, "--out", copied.site)
    assert command_here("export.publish", *inputs, *QUICK).status == 0
    assert (len(copied.manifest["photos"]), list(copied.manifest["notes"])) == (3, [file.name])


# -- addresses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        ("", ""),
        ("/media/", "/media/"),
        ("/media", "/media/"),
        ("https://cdn.example/my photos", "https://cdn.example/my%20photos/"),
        ("https://images.example/?file=", "https://images.example/?file="),
    ],
)
def test_an_address_and_a_path_are_joined_by_a_slash(base_url: str, address: str) -> None:
    config = PublishConfig(photos=(Path(),), out=Path(), model=(Path(),), base_url=base_url)
    assert config.address == address


def test_every_address_is_joined(folder: Folder) -> None:
    soft_photo().save(folder.photos / "soft.png")
    folder.publish("--base-url", "/media", "--quality", "50")
    manifest = folder.manifest
    entry = manifest["photos"]["soft.png"]
    assert f'src="/media/{folder.largest("soft.png")["file"]}"' in entry["html"]
    (student,) = manifest["students"]
    for address in (manifest["script"], student["model"]):
        assert (folder.site / address.removeprefix("/media/")).exists()
