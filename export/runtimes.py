"""The same image through PyTorch, ONNX Runtime and TF.js in a real browser."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from playwright.sync_api import Error, Page

from export.browser import open_browser
from pixels.command import UserError
from pixels.tiling import Enlarge
from teacher.networks import Network

TFJS_BACKENDS = ("cpu", "wasm", "webgl", "webgpu")
_PAGE_SCRIPT = Path(__file__).parent.parent / "web_demo" / "dist" / "verify.js"
_ORIGIN = "http://localhost/"
_PAGE_TIMEOUT_MS = 300_000  # TF.js without WebAssembly needs minutes for a large teacher


def run_pytorch(network: Network) -> Enlarge:
    """Run a network where it is: the reference for all others."""

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return network(torch.from_numpy(batch)).numpy()

    return run


def run_onnx(path: Path) -> Enlarge:
    """Run an ONNX file on ONNX Runtime's CPU provider."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(session.run(None, {name: batch})[0], dtype=np.float32)

    return run


def tfjs_backends(folder: Path) -> Generator[tuple[str, Enlarge | None]]:
    """Run the written files of a TF.js export in a headless browser, backend by backend.

    Args:
        folder: Holds `model.json` and its weights.

    Yields:
        A backend's name with a way to run it, or None where it does not start in this browser.
        It may be used until the next one is asked for.

    Raises:
        UserError: There is no browser, its script was not built, or a backend fails on the model.
    """
    if not _PAGE_SCRIPT.is_file():
        raise UserError(
            f"{_PAGE_SCRIPT} is missing, which loads TF.js in the browser: run `make web` "
            "(or `npm install && npm run build` in web_demo)"
        )
    with open_browser() as browser:
        for backend in TFJS_BACKENDS:
            # A fresh page each: TF.js keeps one backend's state for the life of its page.
            page = browser.new_page()
            page.set_default_timeout(_PAGE_TIMEOUT_MS)
            try:
                # Browsers offer WebGPU to trustworthy origins only; this one needs no server.
                page.route(_ORIGIN, lambda route: route.fulfill(content_type="text/html", body=""))
                page.goto(_ORIGIN)
                page.add_script_tag(path=_PAGE_SCRIPT)
                started = page.evaluate("(backend) => halfsizeVerify.start(backend)", backend)
                if started:
                    _load(page, folder)
                yield backend, _run_on(page) if started else None
            except Error as error:
                problem = error.message.splitlines()[0]
                raise UserError(f"TF.js on {backend} fails on {folder}: {problem}") from error
            finally:
                page.close()


def _load(page: Page, folder: Path) -> None:
    topology = (folder / "model.json").read_text(encoding="utf-8")
    shards = [path for group in json.loads(topology)["weightsManifest"] for path in group["paths"]]
    weights = b"".join((folder / shard).read_bytes() for shard in shards)
    call = "([topology, weights]) => halfsizeVerify.load(topology, weights)"
    page.evaluate(call, [topology, _encode(weights)])


def _run_on(page: Page) -> Enlarge:
    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        image = np.ascontiguousarray(batch[0].transpose(1, 2, 0), dtype="<f4")
        height, width, _ = image.shape
        call = "([data, height, width]) => halfsizeVerify.run(data, height, width)"
        answer = page.evaluate(call, [_encode(image.tobytes()), height, width])
        shape = (1, answer["height"], answer["width"], answer["channels"])
        result = np.frombuffer(base64.b64decode(answer["data"]), dtype="<f4").reshape(shape)
        return np.ascontiguousarray(result.transpose(0, 3, 1, 2))

    return run


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
