"""The npm packages: what they hold, what they weigh, and what they tell TypeScript."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest

from plumbing.paths import ROOT, WEB_DEMO
from tools.sites.packages import install, pack

pytestmark = pytest.mark.process

_TSC = WEB_DEMO / "node_modules" / "typescript" / "bin" / "tsc"
_PROGRAM = """
import { Halfsize } from 'halfsize';
import { defineHalfSize, HalfSizeElement, type HalfSizeAttributes } from 'halfsize/element';
import { PublishedPhotos } from 'halfsize/manifest';
import model from 'halfsize/models/nano-web';

HalfSizeElement.model = `${model} 2x`;
defineHalfSize();
const element = document.querySelector('half-size');
element?.addEventListener('upscaled', ({ detail }) => detail.width.toFixed());
element?.addEventListener('skipped', ({ detail: { reason } }) => reason === 'full-size');
element?.addEventListener('error', (event) => event.detail.message);
element?.addEventListener('click', (event) => event.clientX.toFixed());
element?.addEventListener('anything', (event) => event.type);
document.createElement('half-size') satisfies HTMLElement;
export const attributes: HalfSizeAttributes = { backend: 'webgpu', always: true };
export const canvas: Promise<HTMLCanvasElement> = Halfsize.load(model)
  .then((halfsize) => halfsize.upscale(new Image(), { size: { width: 3, height: 2 } }));
export const html: string = new PublishedPhotos('manifest.json').html('a.jpg', 'A boat');

// @ts-expect-error there is no such reason
element?.addEventListener('skipped', ({ detail: { reason } }) => reason === 'rain');
// @ts-expect-error there is no such backend
export const wrong: HalfSizeAttributes = { backend: 'abacus' };
"""


def test_the_package_holds_what_it_promises(tarball: Path) -> None:
    assert tarball.stat().st_size <= 250_000
    with tarfile.open(tarball) as packed:
        files = {name.removeprefix("package/") for name in packed.getnames()}
        described = packed.extractfile("package/package.json")
        assert described
        package = json.load(described)
    assert package["name"] == "halfsize"
    assert "dependencies" not in package and "private" not in package
    (version,) = {
        package["version"],
        tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"],
    }
    assert tarball.name == f"halfsize-{version}.tgz"
    targets = [
        target
        for value in package["exports"].values()
        for target in (value.values() if isinstance(value, dict) else [value])
    ]
    for target in targets:
        start, _, end = target.removeprefix("./").partition("*")
        assert any(file.startswith(start) and file.endswith(end) for file in files), target
    assert {"LICENSE", "README.md", "dist/half-size.js", "dist/engine-wasm-alpha.js"} <= files
    assert not [file for file in files if "tfjs" in file or "verify" in file or "demo" in file]
    models = {file.split("/")[1] for file in files if file.startswith("models/")}
    assert {"nano-web", "small-fine-3-2"} <= models
    for model in models:
        beside = ("LICENSE.txt", "CREDITS.txt", "golden.json")
        assert {f"models/{model}/{name}" for name in beside} <= files


def test_the_same_files_are_packed_to_the_same_bytes(tarball: Path, tmp_path: Path) -> None:
    again = pack(tmp_path / "again")
    assert again.read_bytes() == tarball.read_bytes()
    written = Path(f"{again}.sha256").read_text()
    done = subprocess.run(["sha256sum", "-c"], cwd=again.parent, input=written, text=True)
    assert done.returncode == 0


def test_the_engines_of_tensorflow_are_a_package_of_their_own(tmp_path: Path) -> None:
    with tarfile.open(pack(tmp_path / "packed", only="halfsize-tfjs")) as packed:
        files = {name.removeprefix("package/") for name in packed.getnames()}
    engines = {file for file in files if file.startswith("dist/engine-")}
    assert len(engines) == 4 and all("engine-tfjs-" in name for name in engines)
    assert {"dist/halfsize-tfjs.mjs", "index.d.ts", "LICENSE-TENSORFLOW.txt"} <= files


@pytest.mark.parametrize("resolution", ["NodeNext", "Bundler"])
def test_types_are_checked(tarball: Path, tmp_path: Path, resolution: str) -> None:
    install(tmp_path, tarball, offline=True)
    (tmp_path / "main.ts").write_text(_PROGRAM)
    options = {
        "noEmit": True,
        "strict": True,
        "target": "ES2022",
        "module": "NodeNext" if resolution == "NodeNext" else "ESNext",
        "moduleResolution": resolution,
        "types": [],
    }
    project = {"compilerOptions": options, "files": ["main.ts"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(project))
    done = subprocess.run(
        ["node", _TSC, "-p", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
