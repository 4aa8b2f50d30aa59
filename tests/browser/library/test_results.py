"""What the library gives in a real browser: pixels, colours, transparency, in every form."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import torch
from PIL import Image
from playwright.sync_api import Page

from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from tests.browser.engines import stored
from tests.browser.library.pages import STRICT, Opener, run
from tests.browser.stand_in import write_card
from tools.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]


def test_a_worker_over_http_and_slices_on_the_page(page: Page) -> None:
    got = run(
        page,
        """
        const image = picture(90, 70);
        const found = [];
        for (const place of ['auto', 'page']) {
          const halfsize = await load({ place });
          const result = await halfsize.upscale(image, { output: 'imagedata' });
          found.push([halfsize.place, halfsize.backend, halfsize.checked, wrongAt(image, result)]);
          halfsize.dispose();
        }
        return found;
        """,
    )
    assert got == [["worker", "tfjs-wasm", False, -1], ["page", "tfjs-wasm", False, -1]]


@pytest.mark.parametrize(
    ("count", "largest"), [(40, 400), pytest.param(200, 1500, marks=pytest.mark.heavy)]
)
def test_tiled_equals_whole_to_the_byte_with_the_real_model(
    page: Page, count: int, largest: int
) -> None:
    """Sizes of all magnitudes, in tiles of random size."""
    got = run(
        page,
        """
        let seed = 7;
        const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
        const side = () => Math.round(200 ** random());
        const [count, largest] = argument;
        const sizes = [[1, 1], [largest, largest], [3, 90], [47, 20],
                       ...Array.from({ length: count - 4 }, () => [side(), side()])];
        const whole = await load({ tilePx: 2000 }, 'demo');
        const tiles = [20, 33, 50, 64, 100, 333];
        const tiled = await Promise.all(tiles.map((tilePx) => load({ tilePx }, 'demo')));
        const wrong = [];
        for (const [width, height] of sizes) {
          const which = Math.floor(random() * tiles.length);
          const image = picture(width, height);
          const [a, b] = await Promise.all([whole, tiled[which]].map(
            (halfsize) => halfsize.upscale(image, { output: 'imagedata' })));
          const words = ({ data }) => new Uint32Array(data.buffer);
          const other = words(b);
          if (words(a).some((pixel, i) => pixel !== other[i]))
            wrong.push([tiles[which], width, height]);
        }
        return wrong;
        """,
        [count, largest],
    )
    assert got == []


def test_every_source_and_output(page: Page) -> None:
    got = run(
        page,
        """
        const halfsize = await load();
        const img = new Image();
        img.src = 'photo.png';
        await img.decode();
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [90, 60];
        canvas.getContext('2d').drawImage(img, 0, 0);
        const blob = await (await fetch('photo.png')).blob();
        const sources = [img, canvas, await createImageBitmap(img), blob, 'photo.png',
          new File([blob], 'a.png'), new URL('photo.png', document.baseURI),
          canvas.getContext('2d').getImageData(0, 0, 90, 60)];
        const pixels = [];
        const outputs = ['canvas', 'bitmap', 'imagedata', 'blob'];
        const pairs = outputs.flatMap((output) => sources.map((source) => [output, source]));
        for (const [output, source] of pairs) {
          let result = await halfsize.upscale(source, { output });
          if (result instanceof Blob) result = await createImageBitmap(result);
          if (!(result instanceof ImageData)) {
            const to = new OffscreenCanvas(result.width, result.height).getContext('2d');
            to.drawImage(result, 0, 0);
            result = to.getImageData(0, 0, result.width, result.height);
          }
          const image = canvas.getContext('2d').getImageData(0, 0, 90, 60);
          pixels.push([result.width, result.height, wrongAt(image, result)]);
        }
        return pixels;
        """,
    )
    assert got == [[180, 120, -1]] * 8 * 4


@pytest.mark.lacks("firefox", "it stores faint pixels in fewer colours")
def test_faint_pixels_keep_their_colour(page: Page, library_site: Path) -> None:
    Image.new("RGBA", (12, 8), (200, 150, 90, 2)).save(library_site / "faint.png")
    got = run(
        page,
        """
        const halfsize = await load();
        const result = await halfsize.upscale('faint.png', { output: 'imagedata' });
        return [...result.data.slice(0, 4)];
        """,
    )
    assert got == [200, 150, 90, 2]


@pytest.mark.lacks("firefox", "it has no canvas of Display P3")
def test_display_p3_stays_display_p3(page: Page) -> None:
    got = run(
        page,
        """
        const halfsize = await load();
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [20, 20];
        const context = canvas.getContext('2d', { colorSpace: 'display-p3' });
        context.fillStyle = 'color(display-p3 1 0 0)';
        context.fillRect(0, 0, 20, 20);
        const found = [];
        const blob = await (new Promise((resolve) => canvas.toBlob(resolve)));
        for (const source of [canvas, blob, await createImageBitmap(canvas)]) {
          const result = await halfsize.upscale(source, { output: 'imagedata' });
          found.push([result.colorSpace, ...result.data.slice(0, 4)]);
        }
        const grey = await halfsize.upscale('photo.png', { output: 'imagedata' });
        return [...found, grey.colorSpace];
        """,
    )
    assert got == [*[["display-p3", 255, 0, 0, 255]] * 3, "srgb"]


@pytest.mark.parametrize(
    ("workers", "place"), [("'self'", "worker"), ("blob:", "worker"), ("'none'", "page")]
)
def test_transparent_pictures_take_the_engine_that_knows_them(
    opener: Opener, library_site: Path, workers: str, place: str
) -> None:
    Image.new("RGBA", (12, 8), (200, 150, 90, 2)).save(library_site / "faint.png")
    page = opener(Content_Security_Policy=STRICT.format(workers))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(Path(urlsplit(request.url).path).name))
    script = """
        window.kept ??= await load({ workers: 1 }, 'demo');
        const image = picture(30, 20);
        const upscaled = async (source) =>
          (await kept.upscale(source, { output: 'imagedata' })).data;
        if (!argument) {
          window.opaque = await upscaled(image);
          return kept.place;
        }
        const cutout = picture(30, 20);
        for (let i = 0; i < 300; i++) cutout.data[8 * i + 3] = i % 3 ? 255 : 17;
        // Those that are under way when the engine is changed are not lost.
        const [cut, again, faint] =
          await Promise.all([cutout, image, 'faint.png'].map(upscaled));
        const alpha = cut.filter((_, i) => i % 4 === 3);
        return [kept.place, kept.backend, again.every((byte, i) => byte === opaque[i]),
                Math.min(...alpha), Math.max(...alpha), faint[3]];
    """
    assert run(page, script, False) == place
    assert not any("alpha" in name for name in asked)
    got = run(page, script, True)
    assert got[:3] == [place, "wasm", True]
    least, most, faint = got[3:]
    assert least < 100 and most == 255 and faint == 2
    assert "engine-wasm-alpha.js" in asked
    asked.clear()
    run(page, script, True)
    assert not any("engine" in name for name in asked)


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_what_is_measured_is_remembered(page: Page) -> None:
    got = run(
        page,
        """
        const first = await Halfsize.load('stand-in/');
        const second = await Halfsize.load('stand-in/');
        return [first.backend, second.backend, second.refused.length,
                JSON.parse(localStorage['halfsize:backend']).models];
        """,
    )
    assert got == ["tfjs-wasm", "tfjs-wasm", 0, {"stand-in0": "tfjs-wasm"}]


def test_typed_errors(page: Page, library_site: Path, tmp_path: Path) -> None:
    shutil.copytree(library_site / "stand-in", library_site / "tampered", dirs_exist_ok=True)
    weights = library_site / "tampered" / "group1-shard1of1.bin"
    weights.write_bytes(b"\1" + weights.read_bytes()[1:])
    Image.new("RGB", (4, 4)).save(tmp_path / "other.png")
    with served(tmp_path) as elsewhere:
        got = run(
            page,
            """
            const halfsize = await load();
            const img = new Image();
            img.src = argument;
            const found = {};
            found.tainted = await problem(halfsize.upscale(img));
            found.address = await problem(halfsize.upscale(argument));
            found.text = await problem(halfsize.upscale(new File(['x'], 'a.jpg')));
            found.large = await problem(halfsize.upscale(new ImageData(9000, 1)));
            found.tampered = await problem(load({}, 'tampered/'));
            found.missing = await problem(load({}, 'nowhere/'));
            found.backend = await problem(load({ backend: 'abacus' }));
            halfsize.dispose();
            found.disposed = await problem(halfsize.upscale(picture(2, 2)));
            return found;
            """,
            f"{elsewhere}other.png",
        )
    codes = {name: error["code"] for name, error in got.items()}
    assert codes == {
        **dict.fromkeys(("tainted", "address", "text", "large"), "UnsupportedImage"),
        **dict.fromkeys(("tampered", "missing"), "ModelMismatch"),
        "backend": "NoBackend",
        "disposed": "Aborted",
    }
    assert all(error["typed"] for error in got.values())
    assert "crossorigin" in got["tainted"]["message"]
    assert "altered" in got["tampered"]["message"]


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_the_module_imports_and_types_are_there(page: Page, library_site: Path) -> None:
    got = run(
        page,
        """
        const library = await import('./dist/halfsize.mjs');
        const halfsize = await library.Halfsize.load('stand-in/', { backend: 'wasm' });
        const result = await halfsize.upscale(picture(3, 2));
        return [Object.keys(library).sort(), result.width];
        """,
    )
    names, width = got
    assert width == 6
    assert {"Halfsize", "HalfSizeElement", "defineHalfSize", "HalfsizeError"} <= set(names)
    assert json.loads((library_site / "dist" / "sizes.js").read_text().split(" = ")[1][:-2])


@pytest.mark.browsers("chromium", "firefox-gpu")
def test_the_built_webgl2_engine_takes_weights_larger_than_a_uniform_block(
    page: Page, library_site: Path
) -> None:
    """The engine as it is shipped: what the build shortens must not be what it names in strings."""
    folder = library_site / "wide"
    shutil.rmtree(folder, ignore_errors=True)  # of the same test in another browser
    folder.mkdir()
    torch.manual_seed(2)
    _, network = stored(Chain(ChainConfig(body=0, channels=460)).eval(), folder)
    write_card(folder, margin_px=network.margin_px, colour="luma")
    got = run(
        page,
        """
        const halfsize = await load({ backend: 'webgl2' }, 'wide/');
        const result = await halfsize.upscale(picture(5, 4), { output: 'imagedata' });
        return [halfsize.backend, halfsize.checked, result.width];
        """,
    )
    assert got == ["webgl2", True, 10]
