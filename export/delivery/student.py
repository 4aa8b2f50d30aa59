"""A student as a page downloads it: an export folder for browsers, run from its own files."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from export.folder.card import CARD
from export.folder.form import COMPACT, PAGE_FORMS, Form, form_among
from export.folder.golden import GOLDEN
from export.forms import export_form
from pixels.scale import parse_scale, scale_json
from plumbing.command import UserError
from plumbing.disk import sha256_of
from plumbing.threads import use_threads
from teacher.enlarging.runner import Enlarger, tiled
from teacher.networks.compact_file import read_compact
from teacher.runs.models import find_model

_TILE_PX = 512  # margins take a few per cent of the time, and memory stays below 100 MB
_MAKE_ONE = "make one with `python -m export.compact --run RUN --out DIR`"


@dataclass(frozen=True, kw_only=True)
class Student:
    """A student in memory: everything that a worker on another machine needs.

    Photos are scored with exactly the weights that are shipped, rounding included.
    """

    name: str
    """Name of the export folder."""
    scale: Fraction
    """Ratio by which it enlarges a picture."""
    margin_px: int
    """Radius of the receptive field."""
    align_px: int
    """Tiles start at multiples of this."""
    gzip_bytes: int
    """Size of its download, gzipped."""
    card: bytes
    """Content of its `halfsize.json`."""
    files: tuple[tuple[str, bytes], ...]
    """Names and contents of the files that a reader downloads."""
    others: tuple[tuple[str, bytes], ...] = ()
    """Names and contents of what its folder holds besides: licence, credits, golden vectors."""

    @property
    def sha256(self) -> str:
        """Identity of the weights and of how they are applied."""
        parts: list[Any] = [scale_json(self.scale), self.margin_px, self.align_px]
        parts += [[name, hashlib.sha256(content).hexdigest()] for name, content in self.files]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def arithmetic(self) -> str:
        """How it computes, by its card: `float` or `integer`."""
        return json.loads(self.card).get("arithmetic", "float")

    @property
    def form(self) -> Form:
        """The form of its files."""
        form = form_among(dict(self.files))
        assert form in PAGE_FORMS  # `read_student` reads nothing else
        return form


def read_student(folder: Path) -> Student:
    """Read an export folder for browsers, for the compact runtime or for TF.js.

    Args:
        folder: The folder, or the name or run folder of a released student.

    Raises:
        UserError: The folder is not one, or its files are not those that its card describes.
    """
    found = find_model(folder, pages=True)
    if found.kind == "run":
        raise UserError(
            f"--model {folder}: a run folder, which pages cannot run; export it with "
            f"`python -m export.compact --run {folder} --out DIR` and name DIR"
        )
    folder = found.path
    card = folder / CARD
    if not card.is_file():
        raise UserError(f"--model {folder}: not an export folder (it has no {CARD}); {_MAKE_ONE}")
    try:
        content = json.loads(card.read_text(encoding="utf-8"))
        described = _downloaded(content)
        if form_among(described) not in PAGE_FORMS:
            raise UserError(f"--model {folder}: an export that browsers cannot run; {_MAKE_ONE}")
        others = {
            name: entry
            for name, entry in content.get("other_files", {}).items()
            if name not in described and (folder / name).is_file()
        }
        for name, entry in (described | others).items():
            if Path(name).name != name or sha256_of(folder / name) != entry["sha256"]:
                raise UserError(f"--model {folder}: {name} was altered; export the student again")
        student = Student(
            name=folder.resolve().name,
            scale=parse_scale(content["scale"]),
            margin_px=int(content["margin_px"]),
            align_px=int(content.get("align_px", 1)),
            gzip_bytes=sum(int(entry["gzip_bytes"]) for entry in described.values()),
            card=card.read_bytes(),
            files=tuple((name, (folder / name).read_bytes()) for name in sorted(described)),
            others=tuple((name, (folder / name).read_bytes()) for name in sorted(others)),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            f"--model {folder}: its {CARD} cannot be used ({error}); {_MAKE_ONE}"
        ) from error
    if student.form is COMPACT:
        config = read_compact(folder / COMPACT.file).weights.config
        if (student.scale, student.margin_px) != (config.scale, config.margin_px):
            raise UserError(
                f"--model {folder}: its {CARD} describes another network than {COMPACT.file}; "
                "export the student again"
            )
    return student


def _downloaded(card: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """List the files that a page downloads: the model, and for TF.js its golden vectors."""
    described = dict(card["files"])
    golden = card.get("other_files", {}).get(GOLDEN)
    if golden is not None and form_among(described) is not COMPACT:  # which holds its own
        described[GOLDEN] = golden
    return described


@lru_cache(maxsize=4)
def enlarger_of(student: Student) -> Enlarger:
    """Open a student, once in each process, on one thread: processes share the cores."""
    use_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        for name, content in student.files:
            (Path(temporary) / name).write_bytes(content)
        run = export_form(student.form).open(Path(temporary))
    bands = tiled(
        run,
        scale=student.scale,
        margin_px=student.margin_px,
        align_px=student.align_px,
        tile_px=_TILE_PX,
    )
    return Enlarger(name=student.name, scale=student.scale, parameters=None, bands=bands)
