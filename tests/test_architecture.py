"""The house: imports point one way, nothing is imported in a circle, one name means one thing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from plumbing.paths import ROOT

PACKAGES = ("plumbing", "pixels", "teacher", "distill", "export", "halfsize")
EXPORT_ROOMS = (
    ("check",),
    ("weights",),
    ("folder",),
    ("pipeline",),
    ("onnx", "compact"),
    ("tfjs",),
    ("forms",),
    ("delivery",),
    ("publish", "bandwidth"),
)
"""From below to above; rooms in one group do not import each other."""
STARTERS = ("demo", "matrix", "release")
"""They start the other commands as processes, and nobody imports them."""
MOST_FILES = 15
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    """`export/tfjs/__init__.py` is the module `export.tfjs`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {name_of(path): path.read_text(encoding="utf-8") for path in MODULES}


@cache
def imported(source: str) -> tuple[str, ...]:
    """List what a module imports, inside functions and for type checkers too."""
    return tuple(imports_in(ast.parse(source)))


def imports_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in SOURCES else node.module


def rank(module: str) -> tuple[int, int]:
    """Give the place of a module in the order of imports: its package, then its room of `export`.

    Rooms of other packages have no order of their own, and neither have commands of one file.
    """
    package, *rest = module.split(".")
    room = rest[0] if package == "export" and rest else ""
    places = [at for at, group in enumerate(EXPORT_ROOMS) if room in group]
    return PACKAGES.index(package), places[0] if places else len(EXPORT_ROOMS)


def wrong_imports(module: str, source: str) -> list[str]:
    """List the imports of a module that point upwards, or across to a room of equal rank."""
    own_room = module.split(".")[:2]
    wrong = []
    for name in imported(source):
        if name.split(".")[0] not in PACKAGES or name.split(".")[:2] == own_room:
            continue
        across = name.startswith("export.") and rank(name) == rank(module)
        if rank(name) > rank(module) or across:
            wrong.append(name)
    return wrong


def circle(sources: Mapping[str, str]) -> list[str]:
    """Find a circle of imports: the modules along it, or nothing."""
    graph = {name: set(imported(text)) for name, text in sources.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("module", SOURCES)
def test_imports_point_one_way(module: str) -> None:
    assert wrong_imports(module, SOURCES[module]) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("plumbing.disk", "import pixels.color"),
        ("pixels.color", "import teacher.training.loop"),
        ("teacher.train", "def f():\n    from distill import run"),
        ("distill.run", "import numpy, export.pipeline.card as c"),
        ("export.check.agreement", "from export.weights.tolerances import tolerance"),
        ("export.tfjs.form", "from export.forms import export_form"),
        ("export.onnx.form", "from export.compact.form import COMPACT"),
        ("export.publish.run", "from export.bandwidth.plan import costs_of"),
        ("export.verify", "from export.matrix import main"),
    ],
)
def test_an_import_the_wrong_way_is_found(module: str, source: str) -> None:
    assert wrong_imports(module, source)


def test_nothing_is_imported_in_a_circle() -> None:
    assert circle(SOURCES) == []


@pytest.mark.parametrize(
    "back",
    [
        "import a",
        "from a import x",
        "if TYPE_CHECKING:\n    from a import x",
        "def f():\n    import a",
    ],
)
def test_a_circle_is_found(back: str) -> None:
    assert set(circle({"a": "import b", "b": "import c", "c": back})) == {"a", "b", "c"}


@pytest.mark.parametrize("starter", STARTERS)
def test_what_starts_commands_is_imported_by_nobody(starter: str) -> None:
    own = f"export.{starter}"
    for module, source in SOURCES.items():
        if not module.startswith(own):
            assert not [name for name in imported(source) if f"{name}.".startswith(f"{own}.")]


def folders() -> list[Path]:
    web = ROOT / "web_demo"
    roots = [*(ROOT / package for package in PACKAGES), web / "src", ROOT / "tests", ROOT / "tools"]
    below = [folder for root in roots for folder in (root, *root.rglob("*")) if folder.is_dir()]
    return [folder for folder in below if folder.name not in ("__pycache__", "released")]


@pytest.mark.parametrize("folder", folders(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_holds_few_files(folder: Path) -> None:
    files = [path for path in folder.iterdir() if path.suffix in (".py", ".ts")]
    assert len([path for path in files if not path.name.startswith("__")]) <= MOST_FILES


def test_a_class_has_a_name_of_its_own() -> None:
    names = Counter(
        node.name
        for source in SOURCES.values()
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.process
@pytest.mark.parametrize("module", ["teacher.train", "distill.run", "teacher.upscale"])
def test_what_takes_seconds_to_import_waits_until_it_is_needed(module: str) -> None:
    unwanted = ("tensorflow", "torch._dynamo", "matplotlib")
    program = f"import sys, {module}; sys.exit(str(set(sys.modules) & set({unwanted})))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.stderr == "set()\n"
