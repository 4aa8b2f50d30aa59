"""What is installed: the files of the wheel, and (heavy) what an empty environment does with it."""

from __future__ import annotations

import filecmp
import json
import os
import subprocess
import sys
import sysconfig
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

from halfsize.commands import COMMANDS
from plumbing.disk import sha256_of
from plumbing.extras import EXTRAS
from plumbing.paths import DIST, ROOT
from plumbing.siblings import PACKAGES
from tests.made.photos import samples, write_photos
from tests.made.published import MANY_PHOTOS
from tests.missing import require_page_library
from tools.dist import DistConfig
from tools.dist import main as build_all
from tools.serving import served
from tools.sites.packages import install, run_in

MOST_MEGABYTES, MOST_SECONDS = 350, 60
LIGHT = ("publish", "upscale", "report", "verify")
"""What must work without any extra."""
PACKAGE_OF = {"skimage": "scikit-image", "pillow_heif": "pillow-heif"}
"""Packages whose modules have other names."""


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
def test_the_wheel_has_the_scripts_that_sites_and_checks_need(installed_files: set[str]) -> None:
    require_page_library()
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
    for module, (_, extra) in EXTRAS.items():
        wanted = [*project["optional-dependencies"][extra]]
        if "halfsize[train]" in wanted:
            wanted += project["optional-dependencies"]["train"]
        package = PACKAGE_OF.get(module, module)
        assert any(name.startswith(package) for name in wanted), module
        assert package not in light


def python_of(venv: Path) -> Path:
    return venv / ("Scripts" if os.name == "nt" else "bin") / "python"


def run_outside(venv: Path, folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command `halfsize` in a folder that is no checkout."""
    program = python_of(venv).with_name("halfsize")
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [program, *map(str, words)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def outside(venv: Path, folder: Path, *words: str | Path) -> str:
    """Run it, and give its output after checking that it went well."""
    done = run_outside(venv, folder, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that `make dist` writes."""
    folder = tmp_path_factory.mktemp("dist")
    build_all(DistConfig(out=folder))
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_the_same_commit_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    """Built again here, in another checkout at another place, and the wheel by pip."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    endings = ("-py3-none-any.whl", ".tar.gz", ".tgz", ".zip")
    names = [f"halfsize-{version}{ending}" for ending in endings] + [f"halfsize-tfjs-{version}.tgz"]
    names = sorted([*names, *(f"{name}.sha256" for name in names)])
    assert sorted(path.name for path in built.iterdir()) == names
    for name in names[1::2]:
        digits, file = (built / name).read_text(encoding="utf-8").split()
        assert (digits, f"{file}.sha256") == (sha256_of(built / file), name)
    build_all(DistConfig(out=tmp_path / "again"))
    assert differing(built, tmp_path / "again", names) == []

    other = tmp_path / "elsewhere" / "another checkout"
    subprocess.run(["git", "clone", "--quiet", ROOT, other], check=True)
    modules = (ROOT / "web_demo" / "node_modules").resolve()
    (other / "web_demo" / "node_modules").symlink_to(modules)
    subprocess.run(["npm", "run", "build", "--silent"], cwd=other / "web_demo", check=True)
    command = [sys.executable, "-m", "tools.dist", "--out", tmp_path / "third"]
    subprocess.run(command, cwd=other, check=True, umask=0o077)
    assert differing(built, tmp_path / "third", names) == []

    epoch = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    sdist = next(built.glob("*.tar.gz"))
    pip = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [sys.executable, "-m", *pip, "--wheel-dir", tmp_path / "by pip", sdist],
        env={**os.environ, "SOURCE_DATE_EPOCH": epoch},
        check=True,
    )
    assert differing(built, tmp_path / "by pip", [next(built.glob("*.whl")).name]) == []


def differing(one: Path, other: Path, names: Sequence[str]) -> list[str]:
    """List the files that are not the same in both folders, or missing."""
    _, *wrong = filecmp.cmpfiles(one, other, names, shallow=False)
    return sorted(name for names in wrong for name in names)


@pytest.fixture(scope="module")
def index() -> None:
    """Skip the test where pip's index does not answer."""
    try:
        urllib.request.urlopen("https://pypi.org/simple/numpy/", timeout=20).close()
    except (urllib.error.URLError, TimeoutError) as error:
        pytest.skip(f"the package index does not answer: {error}")


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and what `halfsize publish` wrote in a folder beside it."""

    venv: Path
    folder: Path
    """Has the photos, three, in `some photos`, and the site in `site`."""


@pytest.fixture(scope="module")
def installed(wheel: Path, index: None, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an empty environment, with its light dependencies from the index."""
    folder = tmp_path_factory.mktemp("installed")
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    before = megabytes(venv)
    started = time.monotonic()
    pip = [python_of(venv), "-m", "pip", "install", "--quiet", wheel]
    subprocess.run(pip, check=True)
    seconds, size = time.monotonic() - started, megabytes(venv) - before
    print(f"installed {size:.0f} MB in {seconds:.0f} s")
    assert size <= MOST_MEGABYTES and seconds <= MOST_SECONDS
    photos = folder / "some photos"
    photos.mkdir()
    for name in ("chelsea", "rocket"):  # soft, so that they are sent at half size
        soft = Image.fromarray(samples()[name]).resize((60, 50), Image.Resampling.BICUBIC)
        soft.resize((180, 150), Image.Resampling.BICUBIC).save(photos / f"{name} 1.png")
    Image.fromarray(samples()["coffee"][100:130, 200:300]).save(photos / "small.png")
    models = ("--model", "small-fine", "small-fine-3-2")
    outside(
        *(venv, folder, "publish", photos.name, *models, "--quality", "40", "--out", "site"),
        *("--base-url", "/site/", *MANY_PHOTOS),
    )
    return Installed(venv, folder)


@pytest.mark.heavy
@pytest.mark.timeout(1800)
def test_an_empty_environment_does_what_a_site_needs(wheel: Path, installed: Installed) -> None:
    venv, folder = installed.venv, installed.folder
    listed = subprocess.run(
        [python_of(venv), "-m", "pip", "list"], capture_output=True, text=True, check=True
    ).stdout
    for heavy in ("torch", "tensorflow", "jax", "ray", "playwright", "onnx", "scipy"):
        assert f"\n{heavy} " not in listed
    assert f"-{outside(venv, folder, '--version').split()[1]}-py3" in wheel.name
    manifest = json.loads((folder / "site" / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["photos"]) == 3
    outside(venv, folder, "upscale", "some photos", "larger", "--model", "small-fine")
    assert len([*(folder / "larger").iterdir()]) == 3
    outside(venv, folder, "report", "some photos", "--model", "small-fine", "--out", "report")
    outside(venv, folder, "verify", "small-fine")
    for name in COMMANDS:
        helped = run_outside(venv, folder, *name.split(), "--help")
        if helped.returncode == 0:
            assert helped.stdout.startswith(f"usage: halfsize {name} ")
        else:
            assert name.split()[0] not in LIGHT and COMMANDS[name].needs
            assert helped.stderr.startswith(f"error: `halfsize {name}` needs ")
            assert "pip install 'halfsize[" in helped.stderr


@pytest.mark.heavy
@pytest.mark.browser
@pytest.mark.timeout(1800)
def test_what_was_published_is_restored_by_the_npm_package(
    browser: Browser, installed: Installed, built: Path
) -> None:
    """The sample page from disk, and a page that Node wrote with the package from its tarball."""
    folder = installed.folder
    opened_and_restored(browser, (folder / "site" / "sample.html").as_uri())
    install(folder, next(built.glob("halfsize-[0-9]*.tgz")), offline=True)
    program = (
        "import { PublishedPhotos } from 'halfsize/manifest';"
        "console.log(new PublishedPhotos('site/manifest.json').html('chelsea 1.png', 'A cat'));"
    )
    html = run_in(folder, ["node", "--input-type=module", "-e", program])
    assert "<half-size" in html
    script = '<script defer src="/node_modules/halfsize/dist/half-size.js"></script>'
    page = html.replace("<half-size", "<half-size always")
    (folder / "page.html").write_text(f"<!doctype html>{page}{script}", encoding="utf-8")
    with served(folder) as address:
        opened_and_restored(browser, f"{address}page.html")


def opened_and_restored(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 900, "height": 4000})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    page.wait_for_function(
        "[...document.querySelectorAll('half-size')].every((it) => "
        "['upscaled', 'error', 'skipped'].includes(it.getAttribute('state')))",
        timeout=120_000,
    )
    states = page.eval_on_selector_all(
        "half-size", "(all) => all.map((it) => it.getAttribute('state'))"
    )
    page.close()
    assert states and {*states} == {"upscaled"}, (states, problems)
    assert problems == []


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


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("extra", ["train", "heic", "ray"])
def test_pip_finds_what_an_extra_names(
    wheel: Path, index: None, extra: str, tmp_path: Path
) -> None:
    pip = ["pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", *pip, "--report", report, f"{wheel}[{extra}]"]
    subprocess.run(command, check=True)
    found = json.loads(report.read_text(encoding="utf-8"))["install"]
    names = {entry["metadata"]["name"].lower().replace("_", "-") for entry in found}
    wanted = {name for name, (_, its) in EXTRAS.items() if its == extra}
    assert {PACKAGE_OF.get(name, name) for name in wanted} <= names


PLATFORMS = {
    "Linux": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "macOS": ("macosx_14_0_arm64", "macosx_11_0_arm64", "macosx_10_9_universal2"),
    "Windows": ("win_amd64",),
}


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("system", PLATFORMS)
def test_every_system_has_wheels_of_the_light_packages(
    wheel: Path, index: None, system: str, python: str, tmp_path: Path
) -> None:
    """Whether pip would find them; markers are those of this system, which ours do not ask for."""
    platforms = [word for name in PLATFORMS[system] for word in ("--platform", name)]
    pip = ["pip", "install", "--dry-run", "--quiet", "--only-binary", ":all:", "--target", tmp_path]
    subprocess.run(
        [sys.executable, "-m", *pip, "--python-version", python, *platforms, wheel], check=True
    )


def megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
