"""What publishing remembers between runs: choices by content, and photos by their stamps.

One line for each thing learned, written at once: a killed run loses the photo it was at. It is in
the site's own `.halfsize` folder, and may be deleted: then all is done again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from export.publish.choice import Choice, from_json, to_json
from plumbing.command import UserError
from plumbing.disk import sha256_of, whole_file

FOLDER = ".halfsize"


class Journal:
    """The memory of one site."""

    def __init__(self, site: Path) -> None:
        """Read what there is; a last line that a killed run left half-written is dropped."""
        self._path = site / FOLDER / "journal.jsonl"
        self._choices: dict[str, dict[str, Any]] = {}
        self._stamps: dict[str, dict[str, Any]] = {}
        self.owned: dict[str, str] = {}
        """SHA-256 of every file that was written into the site, by its path there."""
        self.costs: list[tuple[float, float, int]] = []
        """Megapixels, seconds and bytes of photos that were worked on."""
        for line in _lines(self._path):
            self._take(line)

    def _take(self, line: dict[str, Any]) -> None:
        if "key" in line:
            self._choices[line["key"]] = line["choice"]
        elif "stamp" in line:
            self._stamps[line["photo"]] = line
        elif "owned" in line:
            self.owned[line["owned"]] = line["sha256"]

    def choice(self, key: str) -> Choice | None:
        """Recall what was chosen under a key."""
        try:
            return from_json(self._choices[key]) if key in self._choices else None
        except (TypeError, KeyError):
            return None  # written by another version

    def keep(self, key: str, choice: Choice) -> None:
        """Remember a choice whose files are written."""
        self._add({"key": key, "choice": to_json(choice)})

    def photo_sha256(self, path: Path, *, write: bool) -> str:
        """Hash a photo; one that looks unchanged since it was last hashed is not read again.

        Raises:
            OSError: It cannot be read.
        """
        status = path.stat()
        stamp = [status.st_size, status.st_mtime_ns]
        known = self._stamps.get(str(path.absolute()))
        if known and known["stamp"] == stamp:
            return known["sha256"]
        line = {"photo": str(path.absolute()), "stamp": stamp, "sha256": sha256_of(path)}
        self._add(line, write=write)
        return line["sha256"]

    def own(self, relative: str, sha256: str) -> None:
        """Remember that a file of the site is ours; said before it is written."""
        if self.owned.get(relative) != sha256:
            self._add({"owned": relative, "sha256": sha256})

    def tidy(self, keys: set[str]) -> None:
        """Write the journal anew with what is still of use: choices under these keys, our files."""
        self._choices = {key: value for key, value in self._choices.items() if key in keys}
        with whole_file(self._path) as temporary, temporary.open("w", encoding="utf-8") as file:
            for key, choice in self._choices.items():
                file.write(json.dumps({"key": key, "choice": choice}) + "\n")
            for line in self._stamps.values():
                file.write(json.dumps(line) + "\n")
            for relative, sha256 in self.owned.items():
                file.write(json.dumps({"owned": relative, "sha256": sha256}) + "\n")

    def _add(self, line: dict[str, Any], *, write: bool = True) -> None:
        self._take(line)
        if write:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # cut off by a kill


@contextmanager
def claimed(site: Path) -> Iterator[None]:
    """Keep a site for this process while the block runs.

    Raises:
        UserError: Another process publishes there, or it is a file.
    """
    if site.exists() and not site.is_dir():
        raise UserError(f"--out {site} is a file; name a folder")
    folder = site / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock")
    try:
        with lock.acquire(timeout=0):
            yield
    except Timeout:
        raise UserError(f"another process publishes to {site}: wait for it to end") from None
