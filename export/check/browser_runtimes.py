"""Exported files in a real browser: TF.js, onnxruntime-web, and the compact runtime."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Error, Page, Route

from export.check.browser import open_browser
from export.check.errors import RuntimeFaultError
from export.check.runtime import failing
from pixels.tiling import Enlarge
from plumbing.command import UserError
from plumbing.paths import DIST

COMPACT_ENGINES = ("wasm", "webgl2", "webgpu")
INTEGER_ENGINES = ("wasm-integer", "webgl2-integer", "webgpu-integer")
"""Of students in whole numbers."""
TFJS_BACKENDS = ("cpu", "wasm", "webgl", "webgpu")
_ORIGIN = "http://localhost/"
_PAGE_TIMEOUT_MS = 300_000  # TF.js without WebAssembly needs minutes for a large teacher
_SHARD = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*\.bin")
_CONTENT_TYPES = {".mjs": "text/javascript", ".wasm": "application/wasm"}


def tfjs_backends(folder: Path) -> Generator[tuple[str, Enlarge | None]]:
    """Run the written files of a TF.js export in a headless browser, backend by backend.

    Args:
        folder: Holds `model.json` and its weights.

    Yields:
        A backend's name with a way to run it, or None where it does not start in this browser.
        It may be used until the next one is requested.

    Raises:
        UserError: There is no browser, or its script was not built. A backend that rejects the
            model raises nothing here: its checks fail.
    """
    with open_browser() as browser:
        for backend in TFJS_BACKENDS:
            # A new page for each: TF.js keeps one backend's state for the life of its page.
            with _page(browser, "verify.js") as page:
                started = page.evaluate("(backend) => halfsizeVerify.start(backend)", backend)
                run = _in_page(page, "halfsizeVerify", f"TF.js on {backend}") if started else None
                try:
                    if started:
                        _load(page, folder, backend)
                except RuntimeFaultError as fault:
                    run = failing(fault)
                yield backend, run


@contextmanager
def onnx_in_browser(path: Path) -> Iterator[Enlarge]:
    """Run an .onnx file in onnxruntime-web, on WebAssembly, for the life of the block.

    Raises:
        UserError: There is no browser, or its script was not built.
        RuntimeFaultError: onnxruntime-web rejects the model.
    """
    with open_browser() as browser, _page(browser, "verify-onnx.js") as page:
        with _faults("onnxruntime-web"):
            call = "([model, folder]) => halfsizeVerifyOnnx.load(model, folder)"
            page.evaluate(call, [_encode(path.read_bytes()), f"{_ORIGIN}ort/"])

        def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
            data = np.ascontiguousarray(batch, "<f4").tobytes()
            call = "([data, shape]) => halfsizeVerifyOnnx.run(data, shape)"
            with _faults("onnxruntime-web"):
                answer = page.evaluate(call, [_encode(data), list(batch.shape)])
            return _decode(answer["data"], answer["shape"])

        yield run


def compact_engines(
    path: Path, *, whole_numbers: bool = False
) -> Generator[tuple[str, Enlarge | None]]:
    """Run a `model.halfsize` in a headless browser, on each engine of the compact runtime.

    Args:
        path: The file.
        whole_numbers: Whether its student computes in whole numbers.

    Yields:
        An engine's name with a way to run it, or None where it was not built or does not start in
        this browser. WebAssembly always starts. It may be used until the next one is requested.

    Raises:
        UserError: There is no browser, or the scripts were not built.
    """
    with open_browser() as browser:
        for engine in INTEGER_ENGINES if whole_numbers else COMPACT_ENGINES:
            script = f"verify-engine-{engine}.js"
            if not engine.startswith("wasm") and not (DIST / script).is_file():
                yield engine, None
                continue
            with _page(browser, script) as page:
                run: Enlarge | None = _in_page(page, "halfsizeVerifyEngine", engine)
                try:
                    with _faults(engine):
                        call = "(model) => halfsizeVerifyEngine.open(model)"
                        if not page.evaluate(call, _encode(path.read_bytes())):
                            run = None
                except RuntimeFaultError as fault:
                    run = failing(fault)
                yield engine, run


def kernels_of(folder: Path, backend: str = "wasm") -> list[str]:
    """List the kernels that one run of a TF.js export uses, in order."""
    with open_browser() as browser, _page(browser, "verify.js") as page:
        page.evaluate("(backend) => halfsizeVerify.start(backend)", backend)
        _load(page, folder, backend)
        return page.evaluate("() => halfsizeVerify.kernels(9, 7)")


def _load(page: Page, folder: Path, backend: str) -> None:
    call = "([topology, weights]) => halfsizeVerify.load(topology, weights)"
    with _faults(f"TF.js on {backend}"):
        page.evaluate(call, [*_graph_model(folder)])


@contextmanager
def _page(browser: Browser, script: str) -> Iterator[Page]:
    path = DIST / script
    if not path.is_file():
        raise UserError(
            f"{path} is missing; it runs models in the browser. Build it with `make web` (or `npm "
            "install && npm run build` in web_demo)"
        )
    page = browser.new_page()
    try:
        page.set_default_timeout(_PAGE_TIMEOUT_MS)
        # Browsers offer WebGPU to trustworthy origins only. This one needs no server: every request
        # is answered here.
        page.route("**/*", _serve)
        page.goto(_ORIGIN)
        page.add_script_tag(path=path)
        yield page
    finally:
        page.close()


def _serve(route: Route) -> None:
    """Answer requests from dist/ort/ alone: the page needs no network."""
    address = route.request.url
    if address == _ORIGIN:
        route.fulfill(content_type="text/html", body="")
        return
    file = DIST / "ort" / address.rpartition("/")[2]
    if address.startswith(f"{_ORIGIN}ort/") and file.is_file():
        route.fulfill(content_type=_CONTENT_TYPES[file.suffix], body=file.read_bytes())
    elif address.startswith(("blob:", "data:")):
        route.continue_()
    else:
        route.abort()


@contextmanager
def _faults(runtime: str) -> Iterator[None]:
    """Turn an exception in the page into one sentence."""
    try:
        yield
    except Error as error:
        raise RuntimeFaultError(f"{runtime} fails: {error.message.splitlines()[0]}") from error


def _graph_model(folder: Path) -> tuple[str, str]:
    """Read model.json and its weights, in the order of the manifest; nothing outside the folder.

    Raises:
        UserError: A file is missing, or model.json is not a graph model.
    """
    path = folder / "model.json"
    try:
        topology = path.read_text(encoding="utf-8")
        manifest = json.loads(topology)["weightsManifest"]
        shards = [shard for group in manifest for shard in group["paths"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a TensorFlow.js graph model") from error
    data = []
    for shard in shards:
        if not isinstance(shard, str) or not _SHARD.fullmatch(shard):
            raise UserError(f"{path} names the weights {shard!r}: only a file beside it is allowed")
        if not (folder / shard).is_file():
            raise UserError(f"{folder} lacks {shard}, which its model.json names")
        data.append((folder / shard).read_bytes())
    return topology, _encode(b"".join(data))


def _in_page(page: Page, api: str, name: str) -> Enlarge:
    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        image = np.ascontiguousarray(batch[0].transpose(1, 2, 0), dtype="<f4")
        height, width, _ = image.shape
        call = f"([data, height, width]) => {api}.run(data, height, width)"
        with _faults(name):
            answer = page.evaluate(call, [_encode(image.tobytes()), height, width])
        shape = [1, answer["height"], answer["width"], answer["channels"]]
        return np.ascontiguousarray(_decode(answer["data"], shape).transpose(0, 3, 1, 2))

    return run


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(text: str, shape: list[int]) -> NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(text), dtype="<f4").reshape(shape)
