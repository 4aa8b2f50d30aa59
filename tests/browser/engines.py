"""The compact runtime's engines on a blank page, with what GPUs hold in the test's hands."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, Route

from export.compact.form import write_compact
from pixels.scale import enlarged_size, padded_to_blocks
from teacher.networks.chain import Chain
from teacher.networks.chain_weights import ChainWeights
from teacher.networks.compact_file import FILE, read_compact

_ORIGIN = "http://localhost/"  # browsers offer WebGPU to trustworthy origins only
_TIMEOUT_MS = 240_000  # GPUs are software here

# Keeps what an engine gets from the browser, so that a test can take it away.
_REMEMBER = """
() => {
globalThis.contexts = [];
globalThis.devices = [];
globalThis.readBytes = [];
const mapAsync = GPUBuffer.prototype.mapAsync;
GPUBuffer.prototype.mapAsync = function (...settings) {
  readBytes.push(this.size);
  return mapAsync.apply(this, settings);
};
const getContext = OffscreenCanvas.prototype.getContext;
OffscreenCanvas.prototype.getContext = function (...settings) {
  const context = getContext.apply(this, settings);
  contexts.push(context);
  return context;
};
const requestDevice = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (...settings) {
  const device = await requestDevice.apply(this, settings);
  devices.push(device);
  return device;
};
}
"""

_LOSE = {
    "webgl2": "() => contexts.at(-1).getExtension('WEBGL_lose_context').loseContext()",
    "webgpu": "() => devices.at(-1).destroy()",
}
# Enlarges a bitmap by painting it, and beside it the bytes of the same picture in whole blocks.
# Null where the engine does not paint.
_PAINT = """
async ([picture, blocks, options]) => {
  const { tilePx, colorSpace = 'srgb', pauseMs = 0, loseAt, takeAt, stopAt } = options;
  const model = halfsizeVerifyEngine.enlarger();
  const imageOf = ([data, height, width]) => new ImageData(
    Uint8ClampedArray.from(atob(data), (letter) => letter.charCodeAt(0)),
    width, height, { colorSpace });
  const image = imageOf(picture);
  const width = image.width;
  const bitmap = await createImageBitmap(image, { premultiplyAlpha: 'none' });
  const tiles = [];
  let pauses = 0;
  readBytes.length = 0;
  const painted = await model.paint(bitmap, colorSpace, {
    scale: options.scale,
    size: options.size,
    marginPx: options.marginPx,
    tilePx: () => tilePx,
    onTile: (done, total) => tiles.push([done, total]),
    pause: async () => {
      if (++pauses === options.loseAt) devices.at(-1).destroy();
      if (pauses === takeAt) contexts.at(-1).unconfigure();
      if (pauses === stopAt) throw new Error('not wanted any more');
      if (pauseMs) await new Promise((done) => setTimeout(done, pauseMs));
    },
  });
  if (bitmap.width !== (painted ? 0 : width)) throw new Error('closed, or not closed');
  if (!painted) return null;
  const read = Math.max(...readBytes);
  const size = [painted.height, painted.width];
  const canvas = new OffscreenCanvas(painted.width, painted.height);
  const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace });
  context.drawImage(painted, 0, 0);
  const { data: got } = context.getImageData(0, 0, painted.width, painted.height, { colorSpace });
  const whole = imageOf(blocks);
  const expected = await model.runBytes(whole.data, whole.height, whole.width);
  const text = (values) => btoa(Array.from(values, (value) => String.fromCharCode(value)).join(''));
  return { size, got: text(got), expected: text(expected), tiles, read };
}
"""

_ARE_LOST = {
    "webgl2": "() => contexts.map((context) => context.isContextLost())",
    "webgpu": """
async () => Promise.all(devices.map((device) => Promise.race([
  device.lost.then(() => true), new Promise((done) => setTimeout(done, 500, false))])))
""",
}


@dataclass(frozen=True)
class Painted:
    """What an engine painted, and of what it gives for the whole picture as bytes that part."""

    got: NDArray[np.uint8]
    expected: NDArray[np.uint8]
    tiles: list[list[int]]
    """Tiles done and tiles in all, after each."""
    read_bytes: int
    """The most that was read back at a time."""


@dataclass(frozen=True)
class EnginePage:
    """A page with one engine in it."""

    page: Page
    engine: str

    def open(self, model: bytes) -> bool:
        """Load a model; False where the engine does not start."""
        call = "(model) => halfsizeVerifyEngine.open(model)"
        return self.page.evaluate(call, base64.b64encode(model).decode())

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Enlarge (1, 3, height, width), both sides multiples of the scale's `down`."""
        image = np.ascontiguousarray(batch[0].transpose(1, 2, 0), dtype="<f4")
        given = [base64.b64encode(image.tobytes()).decode(), *image.shape[:2]]
        call = "([data, height, width]) => halfsizeVerifyEngine.run(data, height, width)"
        answer = self.page.evaluate(call, given)
        values = np.frombuffer(base64.b64decode(answer["data"]), dtype="<f4")
        shape = (1, answer["height"], answer["width"], answer["channels"])
        return values.reshape(shape).transpose(0, 3, 1, 2)

    def paint(
        self, picture: NDArray[np.uint8], network: Chain, tile_px: int = 512, **options: object
    ) -> Painted | None:
        """Enlarge a bitmap of (height, width, 4) bytes tile by tile, on the GPU alone."""
        blocks = padded_to_blocks(picture, network.scale)
        scale = {"up": network.scale.numerator, "down": network.scale.denominator}
        work = {"scale": scale, "marginPx": network.margin_px, "tilePx": tile_px}
        answer = self.page.evaluate(_PAINT, [_sent(picture), _sent(blocks), {**work, **options}])
        if answer is None:
            return None
        height, width = answer["size"]
        got, expected = (
            np.frombuffer(base64.b64decode(answer[name]), np.uint8).reshape(*size, 4)
            for name, size in (
                ("got", (height, width)),
                ("expected", enlarged_size(blocks.shape[:2], network.scale)),
            )
        )
        return Painted(got, expected[:height, :width], answer["tiles"], answer["read"])

    def lose(self) -> None:
        """Take the engine's context or device away."""
        self.page.evaluate(_LOSE[self.engine])

    def are_lost(self) -> list[bool]:
        """Of every context or device that was ever asked for: is it gone?"""
        return self.page.evaluate(_ARE_LOST[self.engine])


def open_engine(browser: Browser, scripts: Path, engine: str) -> EnginePage:
    """Open a blank page with an engine."""
    page = browser.new_page()
    page.set_default_timeout(_TIMEOUT_MS)
    page.route("**/*", _blank)
    page.goto(_ORIGIN)
    page.evaluate(_REMEMBER)
    page.add_script_tag(path=scripts / f"verify-engine-{engine}.js")
    return EnginePage(page, engine)


def stored(network: Chain, folder: Path) -> tuple[bytes, Chain]:
    """Write a network with float16 weights: the file, and the network that it holds."""
    path = folder / FILE
    write_compact(path, network, "float16")
    weights = read_compact(path).weights
    assert isinstance(weights, ChainWeights)
    return path.read_bytes(), Chain.of(weights)


def _sent(picture: NDArray[np.uint8]) -> list[object]:
    data = base64.b64encode(np.ascontiguousarray(picture).tobytes()).decode()
    return [data, *picture.shape[:2]]


def _blank(route: Route) -> None:
    route.fulfill(content_type="text/html", body="")
