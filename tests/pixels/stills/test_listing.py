"""The pictures of a folder: by their contents, each once, and nothing passed over in silence."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from pixels.resize import reduce_photo
from pixels.scale import HALF
from pixels.stills.listing import list_pictures, look_through
from pixels.stills.opening import can_read
from pixels.stills.sniff import HEIC
from pixels.store.shards import ShardWriter, write_index
from tests.made.files import save, smooth
from tests.made.networks import LUMA, saved
from tests.made.photos import photo

HEIC_HEAD = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
TIFF_HEAD = b"II*\0\x08\0\0\0" + bytes(100)
PASSED_OVER = {
    "a.jxl": (b"\xff\x0a" + bytes(50), "JPEG XL photo"),
    "b.jxl": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(50), "JPEG XL photo"),
    "DSC_3.NEF": (TIFF_HEAD, "camera raw file"),
    "c.cr2": (b"II*\0\x10\0\0\0CR\2\0" + bytes(50), "camera raw file"),
    "d.CR3": (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(50), "camera raw file"),
    "e.raf": (b"FUJIFILMCCD-RAW " + bytes(50), "camera raw file"),
    "f.mov": (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video"),
    "g.psd": (b"8BPS\0\1" + bytes(50), "Photoshop file"),
    "h.svg": (b'<?xml version="1.0"?>\n<svg xmlns="x"/>', "vector drawing"),
    "i.txt": (b"BMW drives past", "other file"),
    "LICENSE": (b"MIT", "other file"),
}


def encoded(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(smooth()).save(file, kind)
    return file.getvalue()


def names(paths: Sequence[Path], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in paths]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DSC0042", "JPEG"),
        ("DSC0043.jpg_large", "JPEG"),
        ("photo.jpg!d", "JPEG"),
        ("a.heic", "PNG"),
        ("upload.bin", "WEBP"),
        ("b", "AVIF"),
        ("c", "BMP"),
        ("d", "TIFF"),
        ("e", "JPEG2000"),
        ("f", "GIF"),
    ],
)
def test_contents_are_looked_at_where_the_suffix_says_nothing(
    tmp_path: Path, name: str, kind: str
) -> None:
    (tmp_path / name).write_bytes(encoded(kind))
    assert names(list_pictures(tmp_path), tmp_path) == [name]


def test_what_is_passed_over_is_counted_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "one.jpg", Image.fromarray(smooth()))
    for name, (content, _) in PASSED_OVER.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "one.jpg.bak").write_bytes(encoded("JPEG"))
    (tmp_path / "one.jpg~").write_bytes(encoded("JPEG"))
    os.mkfifo(tmp_path / "pipe.jpg")
    listing = look_through(tmp_path)
    assert names(listing.pictures, tmp_path) == ["one.jpg"]
    kinds = {entry.path.name: entry.kind for entry in listing.passed_over}
    copy = "copy, thumbnail or unfinished download"
    assert kinds == {name: kind for name, (_, kind) in PASSED_OVER.items()} | {
        "one.jpg.bak": copy,
        "one.jpg~": copy,
        "pipe.jpg": "pipe, socket or device",
    }
    assert not any(entry.failed for entry in listing.passed_over)
    assert names(list_pictures(tmp_path), tmp_path) == ["one.jpg"]
    printed = capsys.readouterr().err
    for part in ("4 x camera raw file (DSC_3.NEF, c.cr2, d.CR3, e.raf; develop", "2 x JPEG XL"):
        assert part in printed
    list_pictures(tmp_path, quiet=True)
    assert capsys.readouterr().err == ""


def test_many_names_are_counted_and_some_named(tmp_path: Path) -> None:
    save(tmp_path / "one.jpg", Image.fromarray(smooth()))
    for number in range(8):
        (tmp_path / f"{number}.xmp").write_text("<x>")
    assert (
        "8 x other file (0.xmp, 1.xmp, 2.xmp, 3.xmp, 4.xmp and 3 more)"
        in look_through(tmp_path).note
    )


def test_heic_is_named_with_what_reads_it_or_is_found(tmp_path: Path) -> None:
    (tmp_path / "IMG_1.HEIC").write_bytes(HEIC_HEAD)
    listing = look_through(tmp_path)
    if can_read(HEIC):
        assert listing.pictures == [tmp_path / "IMG_1.HEIC"]
    else:
        assert (
            "1 x HEIC photo (IMG_1.HEIC; to read HEIC: pip install 'halfsize[heic]')"
            in listing.note
        )


def linked(place: Path, target: Path | str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


def test_linked_folders_are_followed_once(tmp_path: Path) -> None:
    for name in ("real/one.jpg", "real/deep/two.jpg", "photos/own.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    linked(tmp_path / "photos" / "linked", tmp_path / "real")
    linked(tmp_path / "photos" / "twice", tmp_path / "real")
    linked(tmp_path / "photos" / "within", tmp_path / "real" / "deep")
    linked(tmp_path / "real" / "deep" / "back", tmp_path / "real")
    assert names(list_pictures(tmp_path / "photos"), tmp_path / "photos") == [
        "linked/deep/two.jpg",
        "linked/one.jpg",
        "own.jpg",
    ]


def test_a_folder_linked_into_itself_is_searched_once(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "one.jpg").touch()
    (tmp_path / "stranger.jpg").touch()
    linked(folder / "again", ".")
    linked(folder / "sub" / "up", "../..")  # a folder around this one: everything else is in it
    listing = look_through(folder)
    assert names(listing.pictures, folder) == ["sub/one.jpg"]
    assert [entry.path.name for entry in listing.passed_over] == ["up"]


def test_what_cannot_be_reached_this_time_is_marked(tmp_path: Path) -> None:
    save(tmp_path / "one.jpg", Image.fromarray(smooth()))
    linked(tmp_path / "gone.jpg", tmp_path / "nowhere.jpg")
    linked(tmp_path / "disk", tmp_path / "not mounted")
    linked(tmp_path / "loop", tmp_path / "loop")
    (tmp_path / "locked").mkdir(mode=0)
    (tmp_path / "locked.bin").touch(mode=0)
    user = os.geteuid()
    if user == 0:
        for folder in (tmp_path, *tmp_path.parents):
            if folder.name.startswith(("pytest-", "popen-", "test_")):
                folder.chmod(0o755)
        os.seteuid(65534)  # root may read everything
    try:
        listing = look_through(tmp_path)
    finally:
        os.seteuid(user)
        (tmp_path / "locked").chmod(0o700)
    assert names(listing.pictures, tmp_path) == ["one.jpg"]
    assert {entry.path.name for entry in listing.passed_over if entry.failed} == {
        *("gone.jpg", "disk", "loop", "locked", "locked.bin"),
    }


def test_the_folder_that_is_written_to_is_left_out(tmp_path: Path) -> None:
    for name in ("one.jpg", "site/photos/one.jpg", "other/two.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    linked(tmp_path / "link", "site")
    listing = look_through(tmp_path, without=[tmp_path / "other" / ".." / "site"])
    assert names(listing.pictures, tmp_path) == ["one.jpg", "other/two.jpg"]
    assert listing.note == ""


def test_what_halfsize_wrote_is_passed_over_unless_it_is_named(tmp_path: Path) -> None:
    """Or the sheet of a store and the curves of a run would be photos the next time."""
    saved(tmp_path / "run", LUMA)
    with ShardWriter(tmp_path / "store", "train") as writer:
        writer.add("one", 64 * "0", reduce_photo(photo(40, 40), HALF))
    write_index(tmp_path / "store", scale=HALF)
    (tmp_path / "site" / ".halfsize").mkdir(parents=True)
    for folder in ("run", "store", "site", "album"):
        (tmp_path / folder / "deep").mkdir(parents=True)
        save(tmp_path / folder / "deep" / "one.png", Image.fromarray(smooth()))
    linked(tmp_path / "album" / "linked", tmp_path / "run")
    listing = look_through(tmp_path)
    assert names(listing.pictures, tmp_path) == ["album/deep/one.png"]
    assert listing.note.endswith("3 x folder that halfsize wrote (run, site, store)")
    for folder in ("run", "store", "site"):
        found = look_through(tmp_path / folder).pictures
        assert names(found, tmp_path / folder) == ["deep/one.png"]


def test_a_folder_without_pictures_names_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "DSC_1.ARW").write_bytes(TIFF_HEAD)
    with pytest.raises(Exception, match=r"contains no pictures.*1 x camera raw file \(DSC_1\.ARW"):
        list_pictures(tmp_path)
