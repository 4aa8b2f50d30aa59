"""The command `halfsize`: what it lists, and that it runs the commands as they are."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from halfsize.__main__ import overview
from halfsize.commands import COMMANDS, find_command
from plumbing.extras import installed
from plumbing.paths import ROOT, WEB_DEMO
from tests.made.commands import command_here

PACKAGES = ("pixels", "teacher", "distill", "export")


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__main__" else parts)


def test_every_command_is_listed_once() -> None:
    sources = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    modules = {module_of(path) for path in sources if "run_command(" in path.read_text("utf-8")}
    listed = [command.module for command in COMMANDS.values()]
    assert sorted(listed) == sorted(modules)


@pytest.mark.parametrize("flags", [(), ("--help",), ("-h",), ("help",)])
def test_the_list_fits_any_terminal(flags: tuple[str, ...]) -> None:
    done = command_here("halfsize", *flags)
    assert (done.status, done.errors) == (0, "")
    assert done.output == overview()
    assert max(map(len, done.output.splitlines())) < 80
    for name in COMMANDS:
        assert f"\n  {name} " in done.output


def test_the_list_does_not_wait_for_pytorch() -> None:
    program = (
        "import sys, halfsize.__main__ as h; h.overview(); "
        "sys.exit(bool({'torch', 'numpy', 'PIL', 'rich.console'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert command_here("halfsize", "--version").output == f"halfsize {project['version']}\n"
    package = json.loads((WEB_DEMO / "package.json").read_text(encoding="utf-8"))
    assert package["version"] == project["version"]
    for document in ("README.md", "docs/use-on-a-site.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        assert {*re.findall(r"halfsize-(\d[\d.]*\d)", text)} == {project["version"]}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("publsh", "did you mean publish?"),
        ("zzzzz", "halfsize --help"),
        ("search", "did you mean search teacher or search student?"),
    ],
)
def test_an_unknown_command_is_wrong_usage(name: str, hint: str) -> None:
    assert hint in command_here("halfsize", name, "--help").sentence(2)


def test_a_command_of_two_words_and_its_earlier_name() -> None:
    for words in (["export", "tfjs"], ["tfjs"], ["report"], ["bandwidth"]):
        command, arguments = find_command([*words, "--help"])
        assert command is not None and arguments == ["--help"]
        assert words[-1] in (command.name.split()[-1], command.formerly)
    done = command_here("halfsize", "search", "student", "--help")
    if installed("optuna"):
        assert done.output.startswith("usage: halfsize search student ")
    else:
        assert done.sentence().startswith("`halfsize search student` needs ")
    names = [*COMMANDS, *(command.formerly for command in COMMANDS.values() if command.formerly)]
    assert len({*names}) == len(names)


def test_help_names_the_command_as_it_was_called() -> None:
    done = command_here("halfsize", "verify", "--help")
    assert done.status == 0
    assert done.output.startswith("usage: halfsize verify ")
    assert command_here("halfsize", "help", "verify").output == done.output
    assert command_here("export.verify", "--help").output.startswith(
        "usage: python -m export.verify "
    )


def test_a_command_keeps_its_exit_status(tmp_path: Path) -> None:
    assert command_here("halfsize", "verify", "--no-such").status == 2
    crops = command_here("halfsize", "crops", "--store", tmp_path / "none")
    assert "none" in crops.sentence(1)


def test_an_interrupt_while_a_command_loads_has_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = runpy.run_module

    def stopped(module: str, **options: bool) -> dict[str, object]:
        if module != "halfsize":
            raise KeyboardInterrupt
        return real(module, run_name="__main__", alter_sys=True)

    monkeypatch.setattr(runpy, "run_module", stopped)
    assert "error" not in command_here("halfsize", "students").sentence(130)


def test_a_closed_pipe_is_no_bug() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "halfsize"],
        stdout=write,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")
