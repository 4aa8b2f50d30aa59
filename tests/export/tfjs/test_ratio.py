"""A student of scale 3/2 as a TF.js graph model: strides and blocks, and faults planted in them."""

from __future__ import annotations

import base64
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Error

from export.check import browser_runtimes
from export.check.any_size import any_size
from export.check.browser_runtimes import TFJS_BACKENDS, tfjs_backends
from export.check.errors import AgreementError
from export.check.local_runtimes import run_pytorch
from export.check.pictures import to_batch
from export.tfjs.form import translate_apart
from export.tfjs.problems import tfjs_problems
from export.tfjs.read_back import run_graph_model
from export.weights.tolerances import tolerance
from tests.export.tfjs.pages import LOAD_GRAPH_MODEL, answer, tfjs_page, upscaler
from tests.made.networks import RATIO, check, fresh_model, require_sizes
from tests.made.photos import photo
from tests.made.workers import made_once

pytestmark = pytest.mark.process


def make(folder: Path) -> None:
    source = folder / "model.onnx"
    source.write_bytes(fresh_model(RATIO).SerializeToString())
    translate_apart(source, folder / "float32", "float32")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "ratio-tfjs", make) / "float32"


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "tfjs"))


def test_the_files_agree_on_check_pictures_and_random_sizes(written: Path) -> None:
    assert tfjs_problems(written) == []
    check(RATIO, run_graph_model(written))
    require_sizes(RATIO, run_graph_model(written), 20, tolerance("float32", "float32"))


def test_each_convolution_is_one_kernel(written: Path) -> None:
    model = json.loads((written / "model.json").read_text(encoding="utf-8"))
    count = Counter(node["op"] for node in model["modelTopology"]["node"])
    # Learned: first, body, last. Fixed: luma, bicubic, and the detail once for each colour.
    assert (count["_FusedConv2D"], count["Conv2D"]) == (3, 3)
    assert (count["DepthToSpace"], count["AddN"], count["ClipByValue"]) == (1, 1, 1)
    assert not {"Prelu", "Relu", "BiasAdd", "Neg", "ConcatV2"} & set(count)


@pytest.mark.browser
@pytest.mark.parametrize(
    "backends", [("wasm",), pytest.param(TFJS_BACKENDS, marks=pytest.mark.heavy)], ids=len
)
def test_backends_agree(
    written: Path, backends: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_runtimes, "TFJS_BACKENDS", backends)
    picture = np.random.default_rng(5).random((1, 3, 23, 31), dtype=np.float32)
    expected = any_size(run_pytorch(RATIO), RATIO.scale)(picture)
    started = []
    for backend, run in tfjs_backends(written):
        if run is None:
            continue
        started.append(backend)
        output = any_size(run, RATIO.scale)(picture)
        np.testing.assert_allclose(output, expected, rtol=0, atol=1e-5)
    assert {*started} >= {*backends} & {"cpu", "wasm"}


@pytest.mark.browser
@pytest.mark.heavy
def test_upscalerjs_takes_sides_that_are_multiples(written: Path, browser: Browser) -> None:
    page = tfjs_page(browser, written)
    image = photo(24, 18)
    expected = run_pytorch(RATIO)(to_batch(image))[0].transpose(1, 2, 0)
    for program, most in ((LOAD_GRAPH_MODEL, 1.0), (upscaler("1.5"), 255.0)):
        output = answer(page, program, image) / np.float32(most)
        np.testing.assert_allclose(output, expected, rtol=0, atol=1e-5)
        with pytest.raises(Error, match="must have the same shape"):
            answer(page, program, photo(24, 19))
    page.close()


class Written:
    """The topology and the weights of a graph model, to be changed."""

    def __init__(self, folder: Path) -> None:
        self.topology = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        (self._file,) = folder.glob("*.bin")
        self._path, self._data = folder / "model.json", bytearray(self._file.read_bytes())

    def nodes(self, *kinds: str) -> list[dict[str, Any]]:
        return [node for node in self.topology["modelTopology"]["node"] if node["op"] in kinds]

    def change(self, name: str, how: Callable[[np.ndarray], np.ndarray]) -> None:
        """Change a weight, (row, column, input, output)."""
        start = 0
        for entry in self.topology["weightsManifest"][0]["weights"]:
            end = start + 4 * int(np.prod(entry["shape"]))
            if entry["name"] == name:
                values = np.frombuffer(bytes(self._data[start:end]), "<f4").reshape(entry["shape"])
                self._data[start:end] = np.ascontiguousarray(how(values)).tobytes()
            start = end

    def save(self) -> None:
        self._path.write_text(json.dumps(self.topology), encoding="utf-8")
        self._file.write_bytes(bytes(self._data))


def swapped_pixels_of_blocks(model: Written) -> None:
    name = model.nodes("_FusedConv2D")[0]["input"][1]
    model.change(
        name, lambda kernel: kernel.reshape(3, 2, 3, 2, -1).swapaxes(1, 3).reshape(kernel.shape)
    )


def kernel_off_by_a_block(model: Written) -> None:
    name = model.nodes("_FusedConv2D")[0]["input"][1]
    model.change(name, lambda kernel: np.roll(kernel, 2, axis=0))


def anchor_of_another_phase(model: Written) -> None:
    (bicubic,) = [
        node for node in model.nodes("Conv2D") if node["attr"]["strides"]["list"]["i"][1] == "2"
    ]
    model.change(bicubic["input"][1], lambda kernel: np.roll(kernel, 3, axis=3))


def planes_of_blocks_in_pytorchs_order(model: Written) -> None:
    """The detail of R, G and B beside each other before the shuffle, not after."""
    detail = model.nodes("_FusedConv2D")[-1]["name"]
    (spread,) = [node for node in model.nodes("Conv2D") if node["input"][0] == detail]
    model.change(
        spread["input"][1],
        lambda ones: ones.reshape(9, 9, 3).swapaxes(1, 2).reshape(ones.shape),
    )


def edges_not_repeated(model: Written) -> None:
    (first, *_) = model.nodes("MirrorPad")
    first["attr"]["mode"]["s"] = base64.b64encode(b"REFLECT").decode()


def cut_at_the_wrong_side(model: Written) -> None:
    """Blocks begin one pixel late: what a cut of the first row instead of the last one gives."""
    name = model.nodes("_FusedConv2D")[0]["input"][1]
    model.change(name, lambda kernel: np.roll(kernel, 1, axis=(0, 1)))


FAULTS = [
    swapped_pixels_of_blocks,
    kernel_off_by_a_block,
    anchor_of_another_phase,
    planes_of_blocks_in_pytorchs_order,
    edges_not_repeated,
    cut_at_the_wrong_side,
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_found(folder: Path, fault: Callable[[Written], None]) -> None:
    model = Written(folder)
    fault(model)
    model.save()
    with pytest.raises(AgreementError, match=r"error .* at |the start of it"):
        check(RATIO, run_graph_model(folder))
