"""The library in WebKit: engines, pixels that are read back, and what WebKit lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools.mini_browser import MiniBrowser
from tools.serving import served

pytestmark = pytest.mark.browser


@pytest.fixture
def page(webkit: MiniBrowser, pictures: Path) -> Iterator[MiniBrowser]:
    with served(pictures) as address:
        webkit.open(f"{address}blank.html")
        yield webkit


# Pixels of which none is zero, (height, width) = args[0].
_NOISE = """
  const picture = (height, width) => {
    const made = new ImageData(width, height);
    let seed = 1;
    for (let i = 0; i < made.data.length; i++) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      made.data[i] = i % 4 === 3 ? 255 : ((seed >> 16) & 127) | 64;
    }
    return made;
  };
"""


def test_a_transparent_pixel_leaves_no_hole(page: MiniBrowser) -> None:
    empty, count = page.run(
        _NOISE
        + """
        const options = { backend: 'wasm', workers: 2, tilePx: 64 };
        const halfsize = await Halfsize.load('student/', options);
        const output = 'imagedata';
        await halfsize.upscale(picture(300, 400), { output }); // a helper is hired
        await new Promise((resolve) => setTimeout(resolve, 1000));
        await halfsize.upscale(picture(300, 400), { output });
        const last = picture(300, 400);
        last.data[3] = 128;
        const { data } = await halfsize.upscale(last, { output });
        let empty = 0;
        for (let i = 3; i < data.length; i += 4) empty += data[i] === 0;
        return [empty, data.length / 4]"""
    )
    assert (empty, count) == (0, 600 * 800)


@pytest.mark.parametrize("output", ["canvas", "bitmap", "blob"])
def test_a_canvas_is_read_and_read_back_to_the_byte(page: MiniBrowser, output: str) -> None:
    wrong = page.run(
        _NOISE
        + """
        const known = picture(60, 90);
        const canvas = Object.assign(document.createElement('canvas'), { width: 90, height: 60 });
        canvas.getContext('2d').putImageData(known, 0, 0);
        const halfsize = await Halfsize.load('stand-in/', { backend: 'wasm' });
        let result = await halfsize.upscale(canvas, { output: args[0] });
        if (result instanceof Blob) result = await createImageBitmap(result);
        const read = Object.assign(document.createElement('canvas'), { width: 180, height: 120 });
        const context = read.getContext('2d');
        context.drawImage(result, 0, 0);
        const { data } = context.getImageData(0, 0, 180, 120);
        let wrong = 0;
        for (let i = 0; i < data.length; i++) {
          const [pixel, part] = [i >> 2, i & 3];
          const [y, x] = [Math.floor(pixel / 180) >> 1, (pixel % 180) >> 1];
          wrong += data[i] !== known.data[(y * 90 + x) * 4 + part];
        }
        return wrong""",
        output,
    )
    assert wrong == 0


_REFUSED = {
    "webgpu": "this browser does not offer it",
    "webgl2": "this browser does not offer a fast one",
}


@pytest.mark.parametrize("backend", ["wasm", "webgl2", "webgpu"])
def test_what_runs_the_compact_runtime(page: MiniBrowser, backend: str) -> None:
    told = page.run(
        """
        const load = Halfsize.load('student/', { backend: args[0] });
        const { backend, checked } = await load.catch((error) => ({ backend: error.message }));
        return [backend, checked]""",
        backend,
    )
    if backend == "wasm":
        assert told == ["wasm", True]
    else:
        assert _REFUSED[backend] in told[0]


@pytest.mark.parametrize(
    ("backend", "answer"),
    [
        ("tfjs-wasm", "tfjs-wasm"),
        ("tfjs-cpu", "tfjs-cpu"),
        ("tfjs-webgl", "this browser does not offer a fast one"),
        ("tfjs-webgpu", "this browser does not offer it"),
    ],
)
def test_what_runs_tensorflow_js(page: MiniBrowser, backend: str, answer: str) -> None:
    told = page.run(
        """
        const load = Halfsize.load('stand-in/', { backend: args[0] });
        const { backend } = await load.catch((error) => ({ backend: error.message }));
        return backend""",
        backend,
    )
    assert answer in told


def test_faint_pixels_keep_their_alpha_and_as_image_data_their_colour(
    page: MiniBrowser, pictures: Path
) -> None:
    faint = (200, 150, 90, 2)
    Image.fromarray(np.full((8, 12, 4), faint, np.uint8)).save(pictures / "faint.png")
    given, file = page.run(
        """
        const halfsize = await Halfsize.load('student/', { backend: 'wasm' });
        const given = new ImageData(12, 8);
        for (let i = 0; i < given.data.length; i += 4) given.data.set(args[0], i);
        const first = async (source) =>
          [...(await halfsize.upscale(source, { output: 'imagedata' })).data.slice(0, 4)];
        return [await first(given), await first('faint.png')]""",
        faint,
    )
    assert given == [200, 150, 90, 2]
    # A file's colours come multiplied by alpha, so that two steps are left of each.
    assert file[3] == 2 and np.abs(np.subtract(file, faint)).max() <= 255 / 2


def test_wide_colours_become_srgb(page: MiniBrowser) -> None:
    # WebKitGTK has no canvas for Display P3: what is read from it must not be taken for P3.
    spaces = page.run(
        """
        const settings = { colorSpace: 'display-p3' };
        const context = document.createElement('canvas').getContext('2d', settings);
        context.fillStyle = 'color(display-p3 1 0 0)';
        context.fillRect(0, 0, 300, 150);
        const halfsize = await Halfsize.load('student/', { backend: 'wasm' });
        const result = await halfsize.upscale(context.canvas, { output: 'imagedata' });
        return [context.getContextAttributes().colorSpace ?? 'srgb', result.colorSpace ?? 'srgb']"""
    )
    assert spaces == ["srgb", "srgb"]
