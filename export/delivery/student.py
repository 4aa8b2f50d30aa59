"""A student as a page downloads it: an export folder for browsers, run here from its own files."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from export.compact.file import FILE as COMPACT_FILE
from export.compact.file import read_compact
from export.compact.form import open_compact
from export.delivery.scripts import Form
from export.pipeline.card import CARD
from export.pipeline.golden import GOLDEN
from export.tfjs.read_back import run_graph_model
from plumbing.command import UserError
from plumbing.disk import sha256_of
from teacher.enlarging.runner import Enlarger, tiled
from teacher.training.threads import use_threads

TFJS_FILE = "model.json"


@dataclass(frozen=True, kw_only=True)
class Student:
    """A student in memory: everything that a worker on another machine needs.

    What scores are made with are the very weights that are shipped, rounded as they are.
    """

    name: str
    """Name of its export folder."""
    scale: int
    """How many times larger it makes a picture."""
    margin_px: int
    """Radius of its receptive field."""
    align_px: int
    """Tiles start at multiples of this."""
    gzip_bytes: int
    """What a reader downloads of it, gzipped."""
    card: bytes
    """Its `halfsize.json`."""
    files: tuple[tuple[str, bytes], ...]
    """What a reader downloads: names and contents."""

    @property
    def sha256(self) -> str:
        """Name of the weights, and of what is done with them."""
        parts = [self.scale, self.margin_px, self.align_px]
        parts += [[name, hashlib.sha256(content).hexdigest()] for name, content in self.files]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def form(self) -> Form:
        """Which of the page's runtimes runs it."""
        return "compact" if COMPACT_FILE in dict(self.files) else "tfjs"


def is_for_browsers(folder: Path) -> bool:
    """Tell whether a folder holds an export that pages run."""
    return any((folder / name).is_file() for name in (COMPACT_FILE, TFJS_FILE))


def read_student(folder: Path) -> Student:
    """Read an export folder for browsers, for the small runtime or for TF.js.

    Raises:
        UserError: It is none, or its files are not those that its card describes.
    """
    make = "make one by `python -m export.compact --run RUN --out DIR`"
    card = folder / CARD
    if not card.is_file():
        raise UserError(f"--model {folder}: is no export folder (it has no {CARD}); {make}")
    try:
        content = json.loads(card.read_text(encoding="utf-8"))
        described = _downloaded(content)
        if not described.keys() & {COMPACT_FILE, TFJS_FILE}:
            raise UserError(f"--model {folder}: is an export that browsers cannot run; {make}")
        for name, entry in described.items():
            if Path(name).name != name or sha256_of(folder / name) != entry["sha256"]:
                raise UserError(f"--model {folder}: {name} was altered; export the student again")
        student = Student(
            name=folder.resolve().name,
            scale=int(content["scale"]),
            margin_px=int(content["margin_px"]),
            align_px=int(content.get("align_px", 1)),
            gzip_bytes=sum(int(entry["gzip_bytes"]) for entry in described.values()),
            card=card.read_bytes(),
            files=tuple((name, (folder / name).read_bytes()) for name in sorted(described)),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"--model {folder}: its {CARD} cannot be used ({error}); {make}") from error
    if student.form == "compact":
        network = read_compact(folder / COMPACT_FILE).network
        if (student.scale, student.margin_px) != (network.scale, network.margin_px):
            raise UserError(
                f"--model {folder}: its {CARD} is of another network than its {COMPACT_FILE}; "
                "export the student again"
            )
    return student


def _downloaded(card: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """List the files of a card that a page asks for: its model, and TF.js's golden vectors."""
    described = dict(card["files"])
    golden = card.get("other_files", {}).get(GOLDEN)
    if golden is not None and COMPACT_FILE not in described:
        described[GOLDEN] = golden
    return described


@lru_cache(maxsize=4)
def enlarger_of(student: Student) -> Enlarger:
    """Open a student, once in a process, on one thread: processes share the cores."""
    use_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        for name, content in student.files:
            (Path(temporary) / name).write_bytes(content)
        folder = Path(temporary)
        run = open_compact(folder) if student.form == "compact" else run_graph_model(folder)
    bands = tiled(run, scale=student.scale, margin_px=student.margin_px, align_px=student.align_px)
    return Enlarger(name=student.name, scale=student.scale, parameters=None, bands=bands)
