"""Results that are painted on the GPU, without reading pixels back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.library.pages import Opener, run

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox-gpu")]


_WATCH_GPU = """
(() => { // reports to the page how much is read back at a time, once there is a picture
  const channel = new BroadcastChannel('read back');
  self.addEventListener('message', ({ data }) => { self.busy ||= data.kind === 'upscale'; });
  const mapAsync = GPUBuffer.prototype.mapAsync;
  const requestDevice = GPUAdapter.prototype.requestDevice;
  let reads = 0;
  GPUAdapter.prototype.requestDevice = async function (...settings) {
    return (self.device = await requestDevice.apply(this, settings));
  };
  GPUBuffer.prototype.mapAsync = function (...settings) {
    if (self.busy) channel.postMessage(this.size);
    if (self.busy && ++reads === LOST_AT) self.device.destroy();
    return mapAsync.apply(this, settings);
  };
})();
"""


_PAINT = """
const reads = [];
new BroadcastChannel('read back').onmessage = ({ data }) => reads.push(data);
const readBack = () => new Promise((done) => setTimeout(() => done(reads.splice(0)), 100));
const drawn = (image) => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height).data;
};
const differs = (a, b) => a.length !== b.length || a.some((byte, i) => byte !== b[i]);
const halfsize = await load({ backend: 'webgpu', tilePx: 32 }, 'demo');
const image = picture(61, 50);
const source = () => createImageBitmap(image);
const exact = (await halfsize.upscale(image, { output: 'imagedata' })).data;
"""


@pytest.mark.parametrize("output", ["canvas", "bitmap", "blob"])
def test_webgpu_paints_without_reading_back(opener: Opener, output: str) -> None:
    page = opener(hook=_WATCH_GPU.replace("LOST_AT", "-1"))
    got = run(
        page,
        f"""{_PAINT}
        const before = Math.max(...await readBack());
        const progress = [];
        const result = await halfsize.upscale(await source(), {{
          output: argument, onProgress: (done, total) => progress.push([done, total]),
        }});
        const painted = await readBack();
        const isBlob = result instanceof Blob;
        const same = !differs(drawn(isBlob ? await createImageBitmap(result) : result), exact);
        await halfsize.upscale(await source(), {{ output: 'imagedata' }});
        const bytes = Math.max(...await readBack());
        // A transparent picture cannot be painted: its bytes are enlarged instead.
        image.data[3] = 100;
        const cutout = await halfsize.upscale(await source(), {{ output: 'bitmap' }});
        const alpha = drawn(cutout)[3];
        const usable = argument !== 'canvas' || result.getContext('2d') !== null;
        return {{ before, painted, same, progress, bytes, alpha, usable,
                  place: halfsize.place, backend: halfsize.backend }};
        """,
        output,
    )
    assert (got["place"], got["backend"], got["same"], got["usable"]) == (
        "worker",
        "webgpu",
        True,
        True,
    )
    assert set(got["painted"]) == {4}
    assert min(got["before"], got["bytes"]) > 4096
    tiles = len(got["progress"])
    assert tiles > 3 and got["progress"] == [[done, tiles] for done in range(1, tiles + 1)]
    assert got["alpha"] < 200


def test_what_is_painted_can_be_given_up_and_waits_its_turn(opener: Opener) -> None:
    got = run(
        opener(),
        f"""{_PAINT}
        const abort = new AbortController();
        let tiles = 0;
        const options = {{ signal: abort.signal, onProgress: () => {{
          if (++tiles === 2) abort.abort(); }} }};
        const large = picture(200, 170);
        const error = await problem(halfsize.upscale(await createImageBitmap(large), options));
        // A small picture is not stuck behind a large one; both are right.
        const order = [];
        const [a, b] = await Promise.all([large, image].map(async (data, i) => {{
          const bitmap = await createImageBitmap(data);
          const result = await halfsize.upscale(bitmap, {{ output: 'bitmap' }});
          order.push(i);
          return drawn(result);
        }}));
        const whole = await halfsize.upscale(large, {{ output: 'imagedata' }});
        return [error.code, tiles < 5, order, differs(a, whole.data), differs(b, exact)];
        """,
    )
    assert got == ["Aborted", True, [1, 0], False, False]


@pytest.mark.lacks("firefox-gpu", "it has no canvas of Display P3")
def test_display_p3_is_painted_as_such_and_on_the_page_too(page: Page) -> None:
    got = run(
        page,
        """
        const colorSpace = 'display-p3';
        const vivid = new ImageData(61, 50, { colorSpace });
        vivid.data.set(picture(61, 50).data.map((byte, i) => i % 4 === 1 ? byte >> 2 : byte));
        const found = [];
        for (const place of ['worker', 'page']) {
          const halfsize = await load({ backend: 'webgpu', place, tilePx: 32 }, 'demo');
          const source = () => createImageBitmap(vivid);
          const exact = await halfsize.upscale(await source(), { output: 'imagedata' });
          const canvas = await halfsize.upscale(await source());
          const context = canvas.getContext('2d');
          const { data } = context.getImageData(0, 0, 122, 100, { colorSpace });
          found.push([halfsize.place, exact.colorSpace, context.getContextAttributes().colorSpace,
                      data.every((byte, i) => byte === exact.data[i])]);
        }
        return found;
        """,
    )
    assert got == [[place, "display-p3", "display-p3", True] for place in ("worker", "page")]


def test_a_device_lost_while_it_paints_is_overcome_with_bytes(opener: Opener) -> None:
    # The bytes of `exact` are read 4 times; then come the scan and tiles: the second fails.
    page = opener(hook=_WATCH_GPU.replace("LOST_AT", "7"))
    got = run(
        page,
        f"""{_PAINT}
        const before = (await readBack()).length;
        const first = await halfsize.upscale(await source());
        const {{ tilePx }} = halfsize.last;
        const sizes = await readBack();
        const second = await halfsize.upscale(await source());
        return [before, tilePx < 32, sizes.filter((bytes) => bytes === 4).length,
                Math.max(...sizes) > 4096, Math.min(...await readBack()) > 4096,
                differs(drawn(first), exact), differs(drawn(second), exact), halfsize.backend];
        """,
    )
    assert got == [4, True, 3, True, True, False, False, "webgpu"]
