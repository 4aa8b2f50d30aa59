"""Other networks than students in the library: teachers, and the 2015 network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser

from export.check.local_runtimes import run_pytorch
from teacher.runs.folder import load_network
from tests.browser.library.pages import run
from tests.made.commands import TINY_FLIPBOARD, command_here
from tests.made.runs import MadeChain
from tools.serving import served

pytestmark = pytest.mark.browser

_ENLARGE = """
  const [model, backend, width, height, pixels] = argument;
  const halfsize = await load({ backend, tilePx: 40 }, model);
  const image = new ImageData(new Uint8ClampedArray(pixels), width, height);
  const { data } = await halfsize.upscale(image, { output: 'imagedata' });
  return [halfsize.checked, halfsize.last.tilePx, Array.from(data)];
"""


@pytest.fixture(scope="module")
def flipboard(tmp_path_factory: pytest.TempPathFactory, photos_folder: Path) -> Path:
    """The run of a small flipboard network, with its export beside it."""
    folder = tmp_path_factory.mktemp("flipboard")
    photos = ("--photos", photos_folder, "--validation", photos_folder)
    exported = ("--run", folder / "run", "--out", folder / "tfjs", "--no-browser")
    for module, arguments in (
        ("teacher.train", (*photos, "--run", folder / "run", *TINY_FLIPBOARD, "--steps", "2")),
        ("export.tfjs", (*exported, "--threads", "1")),
    ):
        done = command_here(module, *arguments)
        assert done.status == 0, done.errors
    return folder


def require_same(
    browser: Browser, folder: Path, network: Path, backend: str, tolerance: int
) -> dict[str, Any]:
    """Enlarge a photo of several tiles in the library; it must give PyTorch's pixels."""
    picture = np.random.default_rng(4).integers(0, 256, (45, 71, 3), dtype=np.uint8)
    batch = picture.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    with torch.inference_mode():
        whole = run_pytorch(load_network(network)[0])(batch)[0].transpose(1, 2, 0)
    expected = np.floor(np.clip(whole, 0, 1) * 255 + 0.5).astype(int)
    rgba = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]).ravel().tolist()
    with served(folder) as address:
        page = browser.new_page()
        page.set_default_timeout(240_000)
        page.goto(f"{address}blank.html")
        checked, tile_px, data = run(page, _ENLARGE, ["model/", backend, 71, 45, rgba])
        page.close()
    result = np.asarray(data).reshape(90, 142, 4)[..., :3]
    assert np.abs(result - expected).max() <= tolerance
    assert checked and tile_px == 40
    return json.loads((folder / "model" / "halfsize.json").read_text())


@pytest.mark.parametrize(
    ("backend", "tolerance"),
    [("wasm", 1), ("webgl", 2), pytest.param("cpu", 1, marks=pytest.mark.heavy)],
)
def test_flipboard_runs_in_tiles(
    browser: Browser, site: Path, flipboard: Path, tmp_path: Path, backend: str, tolerance: int
) -> None:
    folder = shutil.copytree(site, tmp_path / "site")
    shutil.copytree(flipboard / "tfjs", folder / "model")
    card = require_same(browser, folder, flipboard / "run", backend, tolerance)
    assert card["align_px"] > 1  # tiles had to start where its windows do


def test_a_residual_teacher_runs(
    browser: Browser, site: Path, chain: MadeChain, tmp_path: Path
) -> None:
    folder = shutil.copytree(site, tmp_path / "site")
    shutil.copytree(chain.folder / "teacher-tfjs", folder / "model")
    require_same(browser, folder, chain.teacher, "wasm", 1)
