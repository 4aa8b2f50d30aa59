"""What is installed: the files of the wheel, and (heavy) what an empty environment does with it."""

from __future__ import annotations

import filecmp
import os
import subprocess
import sys
import sysconfig
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest

from plumbing.extras import EXTRAS
from plumbing.paths import DIST, ROOT
from plumbing.siblings import PACKAGES
from tests.made.photos import write_photos
from tools.dist import DistConfig
from tools.dist import main as build_all

MOST_MEGABYTES, MOST_SECONDS = 350, 60


def tracked(folder: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {*listed.stdout.splitlines()}


@pytest.fixture(scope="module")
def installed_files() -> set[str]:
    """The files that the wheel takes, by their paths in the checkout."""
    program = (
        "import os, setuptools, distutils.core as c\n"
        "done = c.run_setup('setup.py', stop_after='init'); done.parse_config_files()\n"
        "build = done.get_command_obj('build_py'); build.ensure_finalized()\n"
        "data = [os.path.join(f, n) for _, f, _, names in build.data_files for n in names]\n"
        "code = [path for _, _, path in build.find_all_modules()]\n"
        "print(*data, *code, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {Path(line).as_posix() for line in done.stdout.splitlines()}


@pytest.mark.process
def test_the_wheel_has_all_code_and_what_is_released(installed_files: set[str]) -> None:
    for package in PACKAGES:
        code = {name for name in tracked(package) if name.endswith((".py", ".json", ".typed"))}
        assert code <= installed_files
    for folder in ("teacher/released", "distill/released", "web_demo/models"):
        assert tracked(folder) <= installed_files
    assert not [name for name in installed_files if name.startswith(("tests/", "tools/"))]


@pytest.mark.process
@pytest.mark.skipif(not DIST.is_dir(), reason="the page's scripts are not built")
def test_the_wheel_has_the_scripts_that_sites_and_checks_need(installed_files: set[str]) -> None:
    built = {path.relative_to(ROOT).as_posix() for path in DIST.rglob("*") if path.suffix != ".ts"}
    needed = {
        name
        for name in built
        if any(part in name for part in ("half", "engine-", "verify", "ort-"))
        and not any(part in name for part in ("judge", "tfjs.mjs", "/plugins/", "/types"))
    }
    assert needed <= installed_files | {"web_demo/dist/types"}
    assert not [name for name in installed_files if name.endswith(("samples.js", "page.js"))]


def test_extras_have_what_their_sentences_promise() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    light = " ".join(project["dependencies"])
    packages = {"skimage": "scikit-image", "pillow_heif": "pillow-heif"}
    for module, (_, extra) in EXTRAS.items():
        wanted = [*project["optional-dependencies"][extra]]
        if "halfsize[train]" in wanted:
            wanted += project["optional-dependencies"]["train"]
        package = packages.get(module, module)
        assert any(name.startswith(package) for name in wanted), module
        assert package not in light


def python_of(venv: Path) -> Path:
    return venv / ("Scripts" if os.name == "nt" else "bin") / "python"


def outside(venv: Path, folder: Path, *words: str | Path) -> str:
    """Run the installed command `halfsize` in a folder that is no checkout."""
    program = python_of(venv).with_name("halfsize")
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [program, *map(str, words)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, after everything was built twice with the same bytes."""
    folders = [tmp_path_factory.mktemp("dist") for _ in range(2)]
    for folder in folders:
        build_all(DistConfig(out=folder, npm=False))
    names = sorted(path.name for path in folders[0].iterdir())
    assert len(names) == 4
    assert filecmp.cmpfiles(folders[0], folders[1], names, shallow=False) == (names, [], [])
    return next(folders[0].glob("*.whl"))


@pytest.mark.heavy
@pytest.mark.timeout(1800)
def test_an_empty_environment_publishes(wheel: Path, tmp_path: Path) -> None:
    try:
        urllib.request.urlopen("https://pypi.org/simple/numpy/", timeout=20).close()
    except (urllib.error.URLError, TimeoutError) as error:
        pytest.skip(f"the package index does not answer: {error}")
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    before = megabytes(venv)
    started = time.monotonic()
    pip = [python_of(venv), "-m", "pip", "install", "--quiet", wheel]
    subprocess.run(pip, check=True)
    seconds, size = time.monotonic() - started, megabytes(venv) - before
    print(f"installed {size:.0f} MB in {seconds:.0f} s")
    assert size <= MOST_MEGABYTES and seconds <= MOST_SECONDS
    listed = subprocess.run(
        [python_of(venv), "-m", "pip", "list"], capture_output=True, text=True, check=True
    ).stdout
    for heavy in ("torch", "tensorflow", "jax", "ray", "playwright", "onnx", "scipy"):
        assert f"\n{heavy} " not in listed
    photos = write_photos(tmp_path / "photos", [(96, 128), (90, 60), (64, 64)])
    models = ("--model", "small-fine", "small-fine-3-2")
    assert "0." in outside(venv, tmp_path, "--version")
    outside(venv, tmp_path, "publish", photos, *models, "--quality", "40", "--out", "site")
    assert (tmp_path / "site" / "manifest.json").is_file()
    outside(venv, tmp_path, "upscale", photos, "larger", "--model", "small-fine")
    assert len([*(tmp_path / "larger").iterdir()]) == 3
    outside(venv, tmp_path, "report", photos, "--model", "small-fine", "--out", "report")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "unzipped")
    released = tmp_path / "unzipped" / "halfsize" / "web_demo" / "models" / "nano-web"
    outside(venv, tmp_path, "verify", released)


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_with_pytorch_it_trains(wheel: Path, tmp_path: Path) -> None:
    """The packages of this environment, beside the wheel in one of its own: pip loads nothing."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [python_of(venv), "-m", "pip", "install", "--quiet", "--no-deps", wheel]
    subprocess.run(pip, check=True)
    own = sysconfig.get_path("purelib", vars={"base": str(venv)})
    (Path(own) / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    photos = write_photos(tmp_path / "photos", [(48, 64), (57, 41), (60, 60)])
    outside(
        *(venv, tmp_path, "train", "--photos", photos, "--validation", photos),
        *("--run", "run", "--steps", "2", "--blocks", "1", "--channels", "4", "--batch", "2"),
        *("--crop-px", "12", "--threads", "1"),
    )
    assert (tmp_path / "run" / "run.json").is_file()


def megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
