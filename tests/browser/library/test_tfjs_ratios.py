"""TF.js in the library runs students of 3/2 and 4/3, whose files it converts on the page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from export.check.any_size import any_size
from export.check.local_runtimes import run_pytorch
from pixels.scale import enlarged_size
from pixels.tensors import to_bytes
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from tests.browser.engines import stored
from tests.browser.library.pages import run
from tests.browser.stand_in import write_card
from tests.made.networks import lively
from tools.serving import served

pytestmark = pytest.mark.browser

STUDENTS = {
    "luma": ChainConfig(body=1, channels=4, scale=Fraction(3, 2)),
    "rgb": ChainConfig(body=0, channels=3, colour="rgb", scale=Fraction(4, 3)),
}
# The last one is several tiles.
SIZES = [(1, 1), (7, 10), (45, 71)]

_ENLARGE = """
  const [model, backend, pictures] = argument;
  const halfsize = await load({ backend, tilePx: 40 }, model);
  const results = [];
  for (const [height, width, pixels] of pictures) {
    const image = new ImageData(new Uint8ClampedArray(pixels), width, height);
    const result = await halfsize.upscale(image, { output: 'imagedata' });
    results.push([result.height, result.width, Array.from(result.data)]);
  }
  const { backend: used, checked } = halfsize;
  halfsize.dispose();
  return [used, checked, results];
"""


@pytest.fixture(scope="module")
def students(site: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Chain]]:
    """The page with a student of each ratio, and with one whose weights are not its golden ones."""
    folder = shutil.copytree(site, tmp_path_factory.mktemp("ratios") / "site")
    networks = {}
    for name, config in STUDENTS.items():
        networks[name] = _store(_made(config), folder / name)
    right = (folder / "luma" / "model.halfsize").read_bytes()
    faulty = _made(STUDENTS["luma"])
    first = faulty.convolutions[0].weight
    assert isinstance(first, torch.Tensor)
    with torch.no_grad():
        first.copy_(first.roll(faulty.align_px, 3))
    _store(faulty, folder / "faulty")
    weights = 16 + 2 * sum(values.numel() for values in faulty.parameters())
    wrong = (folder / "faulty" / "model.halfsize").read_bytes()
    (folder / "faulty" / "halfsize.json").unlink()
    (folder / "faulty" / "model.halfsize").write_bytes(wrong[:weights] + right[weights:])
    _write_card(folder / "faulty", faulty)
    return folder, networks


def _made(config: ChainConfig) -> Chain:
    network = lively(Chain(config))
    assert isinstance(network, Chain)
    return network


def _store(network: Chain, folder: Path) -> Chain:
    folder.mkdir()
    _, kept = stored(network, folder)
    _write_card(folder, network)
    return kept


def _write_card(folder: Path, network: Chain) -> None:
    colour = network.config.colour
    write_card(folder, margin_px=network.margin_px, colour=colour, scale=network.scale)


@pytest.fixture
def page(browser: Browser, students: tuple[Path, dict[str, Chain]]) -> Iterator[Page]:
    with served(students[0]) as address:
        page = browser.new_page()
        page.set_default_timeout(240_000)
        page.goto(f"{address}blank.html")
        yield page
        page.close()


@pytest.mark.parametrize(
    ("backend", "tolerance"),
    [
        ("tfjs-wasm", 1),
        pytest.param("tfjs-cpu", 1, marks=pytest.mark.heavy),
        pytest.param("tfjs-webgl", 2, marks=pytest.mark.heavy),
        pytest.param("tfjs-webgpu", 2, marks=pytest.mark.heavy),
    ],
)
@pytest.mark.parametrize("name", STUDENTS)
def test_the_pixels_of_pytorch(
    page: Page, students: tuple[Path, dict[str, Chain]], name: str, backend: str, tolerance: int
) -> None:
    network = students[1][name]
    pictures = [_noise(*size) for size in SIZES]
    sent = [[*picture.shape[:2], _opaque(picture)] for picture in pictures]
    used, checked, results = run(page, _ENLARGE, [f"{name}/", backend, sent])
    assert (used, checked) == (backend, True)
    enlarge = any_size(run_pytorch(network), network.scale)
    for picture, (height, width, values) in zip(pictures, results, strict=True):
        assert (height, width) == enlarged_size(picture.shape[:2], network.scale)
        batch = picture.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
        expected = to_bytes(torch.from_numpy(enlarge(batch)))
        result = np.asarray(values).reshape(height, width, 4)[..., :3]
        assert np.abs(result - expected.astype(int)).max() <= tolerance


def test_a_kernel_that_is_a_block_off_is_refused(page: Page) -> None:
    got: Any = run(page, "return problem(load({ backend: 'tfjs-wasm' }, 'faulty/'));")
    assert "computes wrongly" in got["message"]


def _noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(4).integers(0, 256, (height, width, 3), dtype=np.uint8)


def _opaque(picture: NDArray[np.uint8]) -> list[int]:
    return np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]).ravel().tolist()
