"""The code keeps to what Linux, macOS and Windows have in common."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbing.paths import ROOT

PACKAGES = ("plumbing", "pixels", "teacher", "distill", "export", "halfsize")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
# Of `os`, `signal` and others; Windows lacks all of them, macOS some.
POSIX = {
    *("fork", "getuid", "geteuid", "killpg", "mkfifo", "sched_getaffinity", "setsid", "sysconf"),
    *("SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "uname", "fcntl", "grp", "pwd", "resource"),
}


def problems(source: str) -> Iterator[str]:
    """Find what works on one system only, with its line."""
    tree = ast.parse(source)
    for node, around in _with_ancestors(tree, ()):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Call) and _is_text(node) and not _has(node, "encoding"):
            yield f"{line}: text without an encoding"
        if isinstance(node, ast.Call) and _name(node.func) in ("rename", "renames"):
            yield f"{line}: rename fails on Windows where the target exists; use replace"
        if isinstance(node, ast.Constant) and node.value in ("fork", "forkserver"):
            yield f"{line}: processes are spawned"
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.attr] if isinstance(node, ast.Attribute) else []
        if POSIX & {*names} and not any(_asks_first(outer) for outer in around):
            yield f"{line}: {names} is not everywhere"


def _with_ancestors(
    node: ast.AST, around: tuple[ast.AST, ...]
) -> Iterator[tuple[ast.AST, tuple[ast.AST, ...]]]:
    yield node, around
    for child in ast.iter_child_nodes(node):
        yield from _with_ancestors(child, (*around, node))


def _asks_first(node: ast.AST) -> bool:
    if isinstance(node, ast.Try):
        return True
    if isinstance(node, ast.IfExp | ast.If | ast.BoolOp):
        return any(getattr(part, "id", "") == "hasattr" for part in ast.walk(node))
    # What follows `try: import resource` in the same function was asked for there.
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(part, ast.Try) and any(isinstance(one, ast.Import) for one in part.body)
        for part in node.body
    )


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _has(call: ast.Call, keyword: str) -> bool:
    return any(given.arg == keyword for given in call.keywords)


def _is_text(call: ast.Call) -> bool:
    name = _name(call.func)
    if name == "read_text":
        return not call.args
    if name == "write_text":
        return len(call.args) < 2
    given = [*call.args, *(k.value for k in call.keywords if k.arg == "mode")]
    modes = [a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    return name == "open" and any(set(mode) <= set("rwax+t") for mode in modes)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_works_on_one_system_only(path: Path) -> None:
    found = list(problems(path.read_text(encoding="utf-8")))
    allowed = ["rename"] if path == ROOT / "plumbing" / "disk.py" else []  # of folders, after room
    assert [one for one in found if not any(word in one for word in allowed)] == []


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("path.write_text('ü')", "encoding"),
        ("path.open('w', newline='')", "encoding"),
        ("path.read_text()", "encoding"),
        ("os.rename(a, b)", "replace"),
        ("get_context('fork')", "spawned"),
        ("cores = os.sched_getaffinity(0)", "everywhere"),
        ("import resource", "everywhere"),
        ("os.kill(1, signal.SIGKILL)", "everywhere"),
    ],
)
def test_habits_of_one_system_are_found(source: str, word: str) -> None:
    (found,) = problems(source)
    assert word in found


@pytest.mark.parametrize(
    "source",
    [
        "path.open('rb')",
        "Image.open(path)",
        "path.write_text('ü', encoding='utf-8')",
        "n = os.sysconf('x') if hasattr(os, 'sysconf') else 1",
        "try:\n    import resource\nexcept ImportError:\n    pass",
        "temporary.replace(path)",
    ],
)
def test_what_works_everywhere_is_not(source: str) -> None:
    assert list(problems(source)) == []
