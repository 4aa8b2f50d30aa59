"""The house: imports point one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from plumbing.paths import ROOT

ORDER = ("plumbing", "pixels", "teacher", "distill", "export", "halfsize")
MODULES = sorted(path for package in ORDER for path in (ROOT / package).rglob("*.py"))


def imported_packages(source: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names.add((node.module or "").split(".")[0])
    return names


def forbidden(package: str, source: str) -> set[str]:
    later = ORDER[ORDER.index(package) + 1 :]
    return imported_packages(source) & set(later)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    assert forbidden(package, path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("pixels", "import teacher.training.loop"),
        ("teacher", "def f():\n    from distill import run"),
        ("distill", "import numpy, export.pipeline.card as c"),
    ],
)
def test_an_import_the_wrong_way_is_found(package: str, source: str) -> None:
    assert forbidden(package, source)


@pytest.mark.parametrize("module", ["teacher.train", "distill.run", "teacher.upscale"])
def test_what_takes_seconds_to_import_waits_until_it_is_needed(module: str) -> None:
    unwanted = ("tensorflow", "torch._dynamo", "matplotlib")
    program = f"import sys, {module}; sys.exit(str(set(sys.modules) & set({unwanted})))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.stderr == "set()\n"
