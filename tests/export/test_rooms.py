"""The order of imports inside `export`: each room knows only the rooms before it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from plumbing.paths import ROOT

STOREYS = (
    ("check",),
    ("weights",),
    ("pipeline",),
    ("onnx", "compact"),
    ("tfjs",),
    ("forms",),
    ("delivery",),
    ("publish", "bandwidth"),
)
STOREY = {room: number for number, rooms in enumerate(STOREYS) for room in rooms}


def imported(source: str) -> Iterator[str]:
    """List the rooms of `export` that a module imports, for types too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            yield from [parts[1]] if len(parts) > 1 and parts[0] == "export" else []
        elif isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                yield from [parts[1]] if len(parts) > 1 and parts[0] == "export" else []


def too_early(room: str, source: str) -> set[str]:
    return {
        other
        for other in imported(source)
        if other != room and STOREY.get(other, len(STOREYS)) >= STOREY[room]
    }


@pytest.mark.parametrize("room", STOREY)
def test_a_room_knows_only_earlier_rooms(room: str) -> None:
    folder = ROOT / "export" / room
    modules = sorted(folder.rglob("*.py")) or [folder.with_suffix(".py")]
    wrong = {
        str(path.relative_to(ROOT)): too_early(room, path.read_text(encoding="utf-8"))
        for path in modules
    }
    assert not {path: rooms for path, rooms in wrong.items() if rooms}


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("weights", "from export.onnx.translate import INPUT"),
        ("compact", "import export.tfjs.form"),
        ("onnx", "def f():\n    from export.compact import form"),
        ("publish", "from export.bandwidth.plan import StudyPlan"),
        ("delivery", "from export.verify import main"),
    ],
)
def test_an_import_of_a_later_room_is_found(room: str, source: str) -> None:
    assert too_early(room, source)
