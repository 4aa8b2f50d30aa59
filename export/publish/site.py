"""The files of a published site: content-hashed names, nothing half-written, nothing of others.

Every file that is written is noted first, with its hash. What is noted and no longer wanted is
removed, unless somebody has changed it since; what is not noted is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256 as hashed
from pathlib import Path, PurePosixPath

from export.publish.choice import Choice, SentFile
from export.publish.journal import FOLDER, Journal
from pixels.sending.codecs import SUFFIXES
from plumbing.command import UserError
from plumbing.disk import sha256_of, whole_file

PHOTOS = "photos"
SNIPPETS = "snippets"
LIBRARY = "halfsize"
MANIFEST = "manifest.json"
SAMPLE_PAGE = "sample.html"
_HASH_DIGITS = 10


def file_path(name: str, sent: SentFile) -> str:
    """Name the file of a photo: readable, safe in an address, and new where the bytes are new.

    Args:
        name: The photo's, with its folders.
        sent: What is sent of it.

    Returns:
        A path within the site, with `/`.
    """
    parts = PurePosixPath(name).with_suffix("").parts
    safe = [re.sub(r"[^a-z0-9._-]+", "-", part.lower()).strip("-.") or "photo" for part in parts]
    digits = sent.sha256[:_HASH_DIGITS]
    return f"{PHOTOS}/{'/'.join(safe)}-{digits}{SUFFIXES[sent.codec]}"


class Site:
    """A folder that is published to."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        """Take a folder that is claimed."""
        self.folder, self._journal = folder, journal
        self._wanted: set[str] = set()
        # Where a file of these bytes is, for photos that were renamed.
        self._places = {sha256: relative for relative, sha256 in journal.owned.items()}

    def put(self, relative: str, content: bytes) -> None:
        """Write a file, unless these very bytes are there already.

        Raises:
            UserError: A file of that name is there which is not ours.
        """
        path, digest = self.folder / relative, hashed(content).hexdigest()
        self._wanted.add(relative)
        if path.is_file():
            there = sha256_of(path)
            if there == digest:
                self._journal.own(relative, digest)
                return
            if relative not in self._journal.owned:
                raise UserError(
                    f"{path} is there and was not written by this command: move it away, or "
                    "name another --out"
                )
        path.parent.mkdir(parents=True, exist_ok=True)
        self._journal.own(relative, digest)
        with whole_file(path) as temporary:
            temporary.write_bytes(content)
        self._places[digest] = relative

    def put_photo(self, name: str, choice: Choice, contents: Mapping[str, bytes]) -> None:
        """Write the files of a choice."""
        for sent in files_of(choice):
            self.put(file_path(name, sent), contents[sent.sha256])

    def has_photo(self, name: str, choice: Choice) -> bool:
        """Whether all files of a choice are there; under another name they are copied."""
        for sent in files_of(choice):
            relative = file_path(name, sent)
            if not self._is_there(relative, sent):
                place = self._places.get(sent.sha256)
                if place is None or not self._is_there(place, sent):
                    return False
                content = (self.folder / place).read_bytes()
                if hashed(content).hexdigest() != sent.sha256:
                    return False
                self.put(relative, content)
            self._wanted.add(relative)
        return True

    def _is_there(self, relative: str, sent: SentFile) -> bool:
        path = self.folder / relative
        return path.is_file() and path.stat().st_size == sent.bytes

    def remove_stale(self) -> tuple[int, list[str]]:
        """Remove what we wrote and is no longer wanted.

        Returns:
            How many files went, and those that were left because somebody changed them.
        """
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


def files_of(choice: Choice) -> list[SentFile]:
    """List what a choice sends."""
    return [sent for sent in (choice.sent, choice.fallback) if sent is not None]


def _inside(relative: str) -> bool:
    """Whether a noted path stays in the site: the journal is a file that anyone may edit."""
    path = PurePosixPath(relative)
    return not path.is_absolute() and ".." not in path.parts and path.parts[:1] != (FOLDER,)
