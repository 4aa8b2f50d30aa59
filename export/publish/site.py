"""The folder that is published to: its files, and what is remembered there between runs.

File names contain a hash of the contents, no file is ever half-written, and files of others are
never touched: every file is noted with its hash before it is written. A noted file that is no
longer wanted is removed, unless somebody has changed it since.

The journal has one line for each thing learned, written at once, so a killed run loses only the
photo it was processing. It is in the site's own `.halfsize` folder. It may be deleted: then
everything is done again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from hashlib import sha256 as hashed
from pathlib import Path, PurePosixPath
from typing import Any

from filelock import FileLock, Timeout

from export.publish.choice import SentFile, SentPhoto, from_json, to_json
from pixels.sending.codecs import SUFFIXES
from plumbing.command import UserError
from plumbing.disk import sha256_of, whole_file
from plumbing.names import fitted

SNIPPETS = "snippets"
LIBRARY = "halfsize"
MANIFEST = "manifest.json"
SAMPLE_PAGE = "sample.html"
_MEMORY = ".halfsize"
_FULL_DIGITS = 16


@contextmanager
def open_site(folder: Path, *, write: bool) -> Iterator[Site]:
    """Open a site, for this process alone while the block runs if it is to be changed.

    Args:
        folder: The site; made if missing.
        write: Whether to publish there; otherwise nothing is written, not even the folder.

    Raises:
        UserError: Another process publishes there, or it is a file.
    """
    with _locked(folder) if write else nullcontext():
        yield Site(folder, _Journal(folder, write=write))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--out {folder} is a file; choose a folder")
    memory = folder / _MEMORY
    memory.mkdir(parents=True, exist_ok=True)
    lock = FileLock(memory / "lock")
    try:
        with lock.acquire(timeout=0):
            yield
    except Timeout:
        message = f"another process is publishing to {folder}: wait until it ends"
        raise UserError(message) from None


class _Journal:
    """The memory of one site: what is sent by key, hashes of photos, and our files."""

    def __init__(self, site: Path, *, write: bool) -> None:
        """Read the journal; a last line that a killed run left half-written is dropped."""
        self._path, self.writable = site / _MEMORY / "journal.jsonl", write
        self._choices: dict[str, Any] = {}
        self._stamps: dict[str, dict[str, Any]] = {}
        self.owned: dict[str, str] = {}
        """SHA-256 of every file that was written into the site, by its path there."""
        self.published: dict[str, list[str]] = {}
        """The files of each photo that pages may ask for, by its name."""
        for line in _lines(self._path):
            self._take(line)

    def _take(self, line: dict[str, Any]) -> None:
        if "key" in line:
            self._choices[line["key"]] = line["choice"]
        elif "stamp" in line:
            self._stamps[line["photo"]] = line
        elif "owned" in line:
            self.owned[line["owned"]] = line["sha256"]
        elif "published" in line:
            self.published[line["published"]] = line["files"]

    def sent(self, key: str) -> SentPhoto | None:
        try:
            return from_json(self._choices[key]) if key in self._choices else None
        except (TypeError, KeyError):
            return None  # written by another version

    def keep(self, key: str, photo: SentPhoto) -> None:
        self._add({"key": key, "choice": to_json(photo)})

    def photo_sha256(self, path: Path) -> str:
        status = path.stat()
        stamp = [status.st_size, status.st_mtime_ns]
        known = self._stamps.get(str(path.absolute()))
        if known and known["stamp"] == stamp:
            return known["sha256"]
        line = {"photo": str(path.absolute()), "stamp": stamp, "sha256": sha256_of(path)}
        self._add(line)
        return line["sha256"]

    def own(self, relative: str, sha256: str) -> None:
        """Note that a file of the site is ours; called before it is written."""
        if self.owned.get(relative) != sha256:
            self._add({"owned": relative, "sha256": sha256})

    def tidy(self, keys: set[str]) -> None:
        """Rewrite the journal with what is still needed: choices under these keys, our files."""
        self._choices = {key: value for key, value in self._choices.items() if key in keys}
        with whole_file(self._path) as temporary, temporary.open("w", encoding="utf-8") as file:
            for key, choice in self._choices.items():
                file.write(json.dumps({"key": key, "choice": choice}) + "\n")
            for line in self._stamps.values():
                file.write(json.dumps(line) + "\n")
            for relative, sha256 in self.owned.items():
                file.write(json.dumps({"owned": relative, "sha256": sha256}) + "\n")
            for name, files in self.published.items():
                file.write(json.dumps({"published": name, "files": files}) + "\n")

    def _add(self, line: dict[str, Any]) -> None:
        self._take(line)
        if self.writable:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


class Site:
    """A folder that is published to."""

    def __init__(self, folder: Path, journal: _Journal) -> None:
        """Take a folder that `open_site` has opened."""
        self.folder, self._journal = folder, journal
        self._wanted: set[str] = set()
        self._wanted_full: set[Path] = set()
        # Where a file of these bytes is, for photos that were renamed.
        self._places = {sha256: relative for relative, sha256 in journal.owned.items()}
        if not journal.published:
            journal.published = _in_manifest(folder / MANIFEST)

    def owns(self, path: Path) -> bool:
        """Whether a file is one that this command has written here."""
        real, folder = path.resolve(), self.folder.resolve()
        return real.is_relative_to(folder) and (
            real.relative_to(folder).as_posix() in self._journal.owned
        )

    def photo_sha256(self, path: Path) -> str:
        """Hash a photo; one that looks unchanged since it was last hashed is not read again.

        Raises:
            OSError: It cannot be read.
        """
        return self._journal.photo_sha256(path)

    def recall(self, key: str) -> SentPhoto | None:
        """Return what an earlier run chose under a key."""
        return self._journal.sent(key)

    def remember(self, key: str, photo: SentPhoto) -> None:
        """Note for later runs what was chosen."""
        self._journal.keep(key, photo)

    def put(self, relative: str, content: bytes) -> None:
        """Write a file, unless these very bytes are there already.

        Raises:
            UserError: A file of that name exists that this command did not write.
        """
        self._wanted.add(relative)
        self._write(relative, content)

    def _write(self, relative: str, content: bytes) -> None:
        path, digest = self.folder / relative, hashed(content).hexdigest()
        if path.is_file():
            if sha256_of(path) == digest:
                self._journal.own(relative, digest)
                return
            if relative not in self._journal.owned:
                raise UserError(
                    f"{path} exists and was not written by this command: move it away, or "
                    "choose another --out"
                )
        path.parent.mkdir(parents=True, exist_ok=True)
        self._journal.own(relative, digest)
        with whole_file(path) as temporary:
            temporary.write_bytes(content)
        self._places[digest] = relative

    def put_photo(self, name: str, photo: SentPhoto, contents: Mapping[str, bytes]) -> None:
        """Write the files of a photo. Unless `finish` names them, they do not stay.

        Args:
            name: The photo's name.
            photo: What is sent of it.
            contents: Files by SHA-256; others may be among them.
        """
        for relative, sent in photo.files(name).items():
            self._write(relative, contents[sent.sha256])

    def has_photo(self, name: str, photo: SentPhoto) -> bool:
        """Check that all files of a photo exist; those of a renamed one are copied."""
        for relative, sent in photo.files(name).items():
            if not self._exists(relative, sent):
                place = self._places.get(sent.sha256)
                if place is None or not self._exists(place, sent):
                    return False
                content = (self.folder / place).read_bytes()
                if hashed(content).hexdigest() != sent.sha256:
                    return False
                if self._journal.writable:
                    self._write(relative, content)
        return True

    def keep_full(self, full: SentFile, content: bytes) -> None:
        """Keep a full-size file that is not published, for the sample page to compare with."""
        path = self._full(full)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as temporary:
                temporary.write_bytes(content)

    def kept_full(self, full: SentFile) -> str | None:
        """Name the file that was kept: a path within the site; None if there is none."""
        path = self._full(full)
        if not path.is_file():
            return None
        self._wanted_full.add(path)
        return path.relative_to(self.folder).as_posix()

    def _full(self, full: SentFile) -> Path:
        name = f"{full.sha256[:_FULL_DIGITS]}{SUFFIXES[full.codec]}"
        return self.folder / _MEMORY / "full" / name

    def read(self, relative: str) -> bytes:
        """Read a file of the site."""
        return (self.folder / relative).read_bytes()

    def _exists(self, relative: str, sent: SentFile) -> bool:
        path = self.folder / relative
        return path.is_file() and path.stat().st_size == sent.bytes

    def finish(
        self, keys: set[str], photos: Mapping[str, Sequence[str]], failed: Collection[str]
    ) -> Finish:
        """Remove our files that this run did not want, and choices under other keys.

        Args:
            keys: Keys of the choices to remember.
            photos: The files of each published photo, by name.
            failed: Names of photos that could not be published this time, and of folders that
                could not be searched. Pages still ask for what was published of them: it stays.
        """
        kept = {
            name: files
            for name, files in self._journal.published.items()
            if name not in photos and any(f"{name}/".startswith(f"{one}/") for one in failed)
        }
        for files in (*photos.values(), *kept.values()):
            self._wanted.update(files)
        if kept:  # those pages need the scripts and the student too
            own = self._journal.owned
            self._wanted.update(path for path in own if path.startswith(f"{LIBRARY}/"))
        self._journal.published = {name: list(files) for name, files in photos.items()} | kept
        removed, changed = self._remove_unwanted()
        for path in (self.folder / _MEMORY / "full").glob("*"):
            if path not in self._wanted_full:
                path.unlink()
        self._journal.tidy(keys)
        return Finish(removed=removed, changed=changed, kept=sorted(kept))

    def _remove_unwanted(self) -> tuple[int, list[str]]:
        removed, changed = 0, []
        for relative, sha256 in list(self._journal.owned.items()):
            path = self.folder / relative
            if relative in self._wanted or not _inside(relative):
                continue
            if path.is_file() and sha256_of(path) != sha256:
                changed.append(relative)
            elif path.is_file():
                path.unlink()
                removed += 1
                self._remove_empty(path.parent)
            del self._journal.owned[relative]
        return removed, changed

    def _remove_empty(self, folder: Path) -> None:
        while folder != self.folder and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent


@dataclass(frozen=True, kw_only=True)
class Finish:
    """What became of the files that a run did not write."""

    removed: int
    """Number of files removed."""
    changed: list[str]
    """Files left because somebody changed them."""
    kept: list[str]
    """Names of photos that could not be published this time, whose files stay."""


def _in_manifest(path: Path) -> dict[str, list[str]]:
    """List the files of each photo in a site of an earlier version, whose journal has none."""
    try:
        photos = json.loads(path.read_text(encoding="utf-8"))["photos"]
        return {
            name: [
                *(
                    file["file"]
                    for width in photo.get("widths", [photo])  # earlier ones had one
                    for file in (width, width["fallback"])
                    if file
                ),
                snippet_path(name),
            ]
            for name, photo in photos.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def snippet_path(name: str) -> str:
    """Name the file of a photo's snippet: a path within the site, with `/`."""
    *folders, last = name.split("/")
    return "/".join([SNIPPETS, *map(fitted, folders), fitted(f"{last}.html")])


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # cut off when the process was killed


def _inside(relative: str) -> bool:
    """Tell whether a noted path stays in the site: anyone may edit the journal."""
    path = PurePosixPath(relative)
    return not path.is_absolute() and ".." not in path.parts and path.parts[:1] != (_MEMORY,)
