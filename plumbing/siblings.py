"""Whether Python finds halfsize's own packages, whose names others may use too.

They lie beside each other in site-packages, as `export` or `teacher`: commands are called by these
names. Another project's `export` may come first on Python's path, or be installed into the same
folder. Neither can be prevented, but it is noticed before anything goes wrong in another place.
"""

from __future__ import annotations

import base64
import csv
import hashlib
from importlib.util import find_spec
from pathlib import Path

from plumbing.paths import ROOT

PACKAGES = ("plumbing", "pixels", "teacher", "distill", "export", "halfsize")
"""The packages that halfsize installs."""
_REMEDY = "install halfsize into an environment of its own, or leave that folder off Python's path"


def foreign_package(root: Path = ROOT) -> str | None:
    """Say what is wrong with the packages that Python finds; None if all are halfsize's own.

    Args:
        root: The folder in which halfsize's packages lie.
    """
    for name in PACKAGES:
        spec = find_spec(name)
        own = root / name / "__init__.py"
        if spec is None or spec.origin is None or Path(spec.origin).resolve() != own.resolve():
            found = spec and (spec.origin or next(iter(spec.submodule_search_locations or ()), ""))
            return f"the package {name!r} is {found or 'missing'}, not halfsize's {own}: {_REMEDY}"
    record = next(root.glob("halfsize-*.dist-info/RECORD"), None)
    return None if record is None else _changed_by_others(root, record)


def _changed_by_others(root: Path, record: Path) -> str | None:
    """Look for files of another project among the installed ones."""
    with record.open(encoding="utf-8", newline="") as rows:
        hashes = {row[0]: row[1] for row in csv.reader(rows) if row}
    folders = {Path(name).parts[:2] for name in hashes}
    for package in PACKAGES:
        begin = f"{package}/__init__.py"
        if begin in hashes and hashes[begin] != _recorded(root / begin):
            return f"{root / begin} was replaced by another project's: {_REMEDY}"
        for path in (root / package).iterdir():
            name = path.name
            if name != "__pycache__" and (package, name) not in folders:
                return f"{path} is another project's, in halfsize's package {package!r}: {_REMEDY}"
    return None


def _recorded(path: Path) -> str:
    """Hash a file as RECORD does."""
    digest = hashlib.sha256(path.read_bytes()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
