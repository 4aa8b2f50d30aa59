"""The built page gives the exported network's pixels, wherever and on whatever it runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from tests.browser.conftest import Reference
from tests.browser.driver import Driver

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]

_LABELS = {"wasm": "WebAssembly", "webgl2": "WebGL 2", "webgpu": "WebGPU"}
_LABELS |= {"tfjs-cpu": "TF.js on the CPU", "tfjs-wasm": "TF.js on WebAssembly"}
_LABELS |= {"tfjs-webgl": "TF.js on WebGL", "tfjs-webgpu": "TF.js on WebGPU"}


def photo(height: int, width: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(data.chelsea()[100 : 100 + height, 60 : 60 + width])


def write_png(folder: Path, pixels: NDArray[np.uint8]) -> Path:
    path = folder / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


def require_equal(result: NDArray[np.uint8], expected: NDArray[np.uint8]) -> None:
    assert result.shape[:2] == expected.shape[:2]
    assert (result[..., 3] == 255).all()
    error = np.abs(result[..., :3].astype(int) - expected)
    # Programs add in different orders: one step of an 8-bit channel.
    assert error.max() <= 1, f"at {np.argwhere(error == error.max())[0]}"


@pytest.mark.browsers("chromium", "firefox-gpu")
@pytest.mark.parametrize("backend", _LABELS)
def test_from_disk_on_each_backend(
    demo: Driver, site: Path, reference: Reference, tmp_path: Path, backend: str
) -> None:
    # Wider than one tile, so that there is a seam that could show.
    pixels = photo(40, 270)
    demo.open((site / "index.html").as_uri(), backend=backend)
    demo.choose(write_png(tmp_path, pixels))
    demo.page.wait_for_function(
        "['done', 'error'].includes(document.documentElement.dataset.state)", timeout=240_000
    )
    if demo.state == "error" and not backend.endswith("wasm"):
        sentence = demo.page.inner_text("#error")
        assert "cannot be used in this browser" in sentence
        pytest.skip(sentence)
    require_equal(demo.pixels("result"), reference(pixels))
    assert demo.fact("from") == "270 x 40"
    assert demo.fact("to") == "540 x 80"
    assert demo.fact("backend") == _LABELS[backend]
    assert demo.fact("time").endswith(" ms")


@pytest.mark.browsers("firefox")
def test_a_gpu_that_a_browser_lacks_is_refused(demo: Driver, site: Path, tmp_path: Path) -> None:
    picture = write_png(tmp_path, photo(12, 16))
    for backend in ("webgl2", "webgpu", "tfjs-webgl", "tfjs-webgpu"):
        demo.open((site / "index.html").as_uri(), backend=backend)
        refusal = f"{_LABELS[backend]} cannot be used in this browser: this browser does not offer"
        assert demo.error_for(picture).startswith(refusal)


def test_any_size(demo: Driver, site: Path, reference: Reference, tmp_path: Path) -> None:
    demo.open((site / "index.html").as_uri())
    for height, width in ((1, 1), (3, 2), (37, 53), (257, 300)):
        pixels = photo(height, width)
        result = demo.enlarge(write_png(tmp_path, pixels))
        require_equal(result, reference(pixels))


def test_from_disk_nothing_is_fetched(demo: Driver, site: Path, tmp_path: Path) -> None:
    demo.open((site / "index.html").as_uri())
    demo.enlarge(write_png(tmp_path, photo(20, 20)))
    assert {url.split(":")[0] for url in demo.requests} <= {"file", "blob", "data"}


def test_over_http_below_a_path(
    demo: Driver, http_address: str, reference: Reference, tmp_path: Path
) -> None:
    pixels = photo(40, 60)
    demo.open(http_address)
    result = demo.enlarge(write_png(tmp_path, pixels))
    require_equal(result, reference(pixels))
    fetched = [url for url in demo.requests if url.startswith("http")]
    assert fetched and all(url.startswith(http_address) for url in fetched)


def test_automatic_takes_one_that_gives_the_pixels(
    demo: Driver, site: Path, reference: Reference, tmp_path: Path
) -> None:
    pixels = photo(12, 16)
    demo.open((site / "index.html").as_uri(), backend="auto")
    result = demo.enlarge(write_png(tmp_path, pixels))
    require_equal(result, reference(pixels))


def test_an_insecure_origin_goes_without_webgpu(
    demo: Driver, site: Path, reference: Reference, tmp_path: Path
) -> None:
    # Browsers keep WebGPU and SubtleCrypto from plain http.
    address = "http://halfsize.test/"
    demo.page.route(
        f"{address}**",
        lambda route: route.fulfill(
            path=site / route.request.url.removeprefix(address).split("?")[0]
        ),
    )
    picture = write_png(tmp_path, pixels := photo(12, 16))
    demo.open(f"{address}index.html", backend="webgpu")
    assert demo.error_for(picture).startswith("WebGPU cannot be used in this browser:")
    # The same picture is tried again with what is chosen next.
    demo.page.select_option("#backend", "auto")
    demo.wait_for("done")
    assert demo.fact("backend") != "WebGPU"
    require_equal(demo.pixels("result"), reference(pixels))
