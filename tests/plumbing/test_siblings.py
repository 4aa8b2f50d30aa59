from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from plumbing.paths import ROOT
from plumbing.siblings import PACKAGES, foreign_package


def test_here_all_are_halfsizes_own() -> None:
    assert foreign_package() is None


@pytest.mark.process
@pytest.mark.parametrize("command", [["-m", "halfsize", "--version"], ["-m", "export.verify"]])
@pytest.mark.parametrize("name", ["plumbing", "teacher"])
def test_another_package_that_comes_first_is_named(
    tmp_path: Path, name: str, command: list[str]
) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    program = f"""
import runpy, sys
sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]
sys.argv = ["x", *{command[2:]!r}]
runpy.run_module({command[1]!r}, run_name="__main__", alter_sys=True)
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    if "halfsize" in command:
        assert done.stderr.startswith("error: the package ") and name in done.stderr
    else:  # without `halfsize` in between, Python itself says what it does not find
        assert name in done.stderr


@pytest.fixture
def site_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Packages as pip installs them, with a RECORD."""
    rows = ["halfsize-1.0.dist-info/RECORD,,"]
    for name in PACKAGES:
        for path in (tmp_path / name / "__init__.py", tmp_path / name / "inner" / "more.py"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# {name}\n", encoding="utf-8")
            digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest())
            shown = digest.decode().rstrip("=")
            rows.append(f"{path.relative_to(tmp_path).as_posix()},sha256={shown},9")
        (tmp_path / name / "__pycache__").mkdir()
    (tmp_path / "halfsize-1.0.dist-info").mkdir()
    record = tmp_path / "halfsize-1.0.dist-info" / "RECORD"
    record.write_text("\n".join(rows), encoding="utf-8")

    def spec_of(name: str) -> object:
        return type("Spec", (), {"origin": str(tmp_path / name / "__init__.py")})()

    monkeypatch.setattr("plumbing.siblings.find_spec", spec_of)
    return tmp_path


def test_installed_packages_are_as_they_were_recorded(site_packages: Path) -> None:
    assert foreign_package(site_packages) is None


def test_a_file_of_another_project_in_the_same_folder_is_named(site_packages: Path) -> None:
    (site_packages / "export" / "pdf.py").touch()
    problem = foreign_package(site_packages)
    assert problem is not None and str(site_packages / "export" / "pdf.py") in problem


def test_a_package_that_another_project_replaced_is_named(site_packages: Path) -> None:
    (site_packages / "teacher" / "__init__.py").write_text("# of a school\n", encoding="utf-8")
    problem = foreign_package(site_packages)
    assert problem is not None and f"{Path('teacher', '__init__.py')} was replaced" in problem
