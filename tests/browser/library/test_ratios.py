"""Students of other scales than 2, alone and beside one of 2 on one page."""

from __future__ import annotations

import random
import re
import shutil
import sys
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Request
from skimage import data

from export.compact.form import write_compact
from plumbing.paths import WEB_DEMO
from teacher.networks.compact_file import FILE
from tests.browser.library.pages import Opener
from tests.browser.stand_in import write_card
from tests.made.networks import RATIO
from tools.serving import served

pytestmark = pytest.mark.browser

_PAIR = """
<half-size backend="wasm" always model="thirds/model.halfsize">
  <img src="thirds.png" width="100" height="61" alt="a"></half-size>
<half-size backend="wasm" always model="student/model.halfsize">
  <img src="photo.png" width="179" height="120" alt="b"></half-size>
<half-size backend="wasm" always model="thirds/model.halfsize">
  <img src="thirds.png?again" width="33" height="20" alt="c"></half-size>
<script src="dist/half-size.js"></script>
"""

_PAINTED = """
() => [...document.querySelectorAll('half-size')].map((one) => one.getAttribute('state'))
  .every((state) => state === 'upscaled' || state === 'error')
"""


@pytest.fixture
def page(opener: Opener, library_site: Path) -> Page:
    if not (library_site / "thirds").exists():
        (library_site / "thirds").mkdir()
        write_compact(library_site / "thirds" / FILE, RATIO, "float16")
        write_card(library_site / "thirds", margin_px=6, colour="luma", scale=RATIO.scale)
        # The photo of 100 x 61 is padded to 102 x 63.
        Image.fromarray(data.chelsea()[:42, :68]).save(library_site / "thirds.png")
        pair = f"<!doctype html><meta charset=utf-8><body>{_PAIR}</body>"
        (library_site / "pair.html").write_text(pair, encoding="utf-8")
    return opener()


def test_a_picture_becomes_half_as_large_again_and_is_cut_to_its_photo(page: Page) -> None:
    made = page.evaluate(
        """async () => {
          const halfsize = await Halfsize.load('thirds/model.halfsize', { backend: 'wasm' });
          const image = new Image();
          image.src = 'thirds.png';
          const at = async (options) => {
            const { width, height, data } = await halfsize.upscale(image, options);
            return [width, height, [...data]];
          };
          const problem = async (size) => {
            try { await halfsize.upscale(image, { size }); } catch (error) {
              return [error.name, error.message];
            }
          };
          const output = 'imagedata';
          return {
            scale: [halfsize.scale, halfsize.card.scale],
            checked: halfsize.checked,
            whole: await at({ output }),
            cut: await at({ output, size: { width: 100, height: 61 } }),
            wrong: [await problem({ width: 99, height: 63 }),
                    await problem({ width: 103, height: 63 }),
                    await problem({ width: 101.5, height: 63 })],
          };
        }"""
    )
    assert made["scale"] == [1.5, "3/2"]
    assert made["checked"]
    whole, cut = (
        np.array(values).reshape(height, width, 4)
        for width, height, values in (made["whole"], made["cut"])
    )
    assert whole.shape == (63, 102, 4)
    np.testing.assert_array_equal(cut, whole[:61, :100])
    assert [name for name, _ in made["wrong"]] == ["RangeError"] * 3
    assert "it becomes 102 × 63, and may be cut by up to 2 pixels" in made["wrong"][0][1]


def test_models_of_two_scales_share_the_scripts_of_a_page(page: Page) -> None:
    requests: list[str] = []

    def note(request: Request) -> None:
        requests.append(request.url.rsplit("/", 1)[-1].split("?")[0])

    page.context.on("request", note)
    page.goto(page.url.replace("blank.html", "pair.html"))
    page.wait_for_function(_PAINTED)
    sizes = page.evaluate(
        """() => Promise.all([...document.querySelectorAll('img')].map(async (img) => {
          const [, url] = /"(blob:[^"]*)"/.exec(getComputedStyle(img).content) ?? [];
          const shown = new Image();
          shown.src = url;
          await shown.decode();
          return [shown.naturalWidth, shown.naturalHeight];
        }))"""
    )
    # The first two are cut to what the img says; the third says something else altogether.
    assert sizes == [[100, 61], [179, 120], [102, 63]]
    assert requests.count("halfsize.js") == 1
    assert requests.count("model.halfsize") == 2
    # One engine: a browser has its script from the cache after the first worker.
    assert {name for name in requests if name.startswith("engine-")} == {"engine-wasm.js"}


_OWN_SIZES = """
async ([backend, sizes]) => {
  const model = 'thirds/model.halfsize';
  const whole = await Halfsize.load(model, { backend });
  const tiled = await Halfsize.load(model, { backend, tilePx: 20 });
  const reduced = (side) => 2 * Math.ceil(side / 3);
  const wrong = [];
  for (const [width, height] of sizes) {
    const small = new ImageData(reduced(width), reduced(height));
    for (let i = 0; i < small.data.length; i++)
      small.data[i] = i % 4 === 3 ? 255 : 128 + 90 * Math.sin(i / 7) + 30 * Math.sin(i * i);
    const options = { size: { width, height }, output: 'imagedata' };
    const [one, other] = [await whole.upscale(small, options), await tiled.upscale(small, options)];
    const isRight = [one, other].every((it) => it.width === width && it.height === height);
    if (!isRight || one.data.some((value, at) => value !== other.data[at]))
      wrong.push([width, height]);
  }
  const used = whole.backend;
  for (const halfsize of [whole, tiled]) halfsize.dispose();
  return [used, wrong];
}
"""


_HEAVY = [
    *((backend, 1600) for backend in ("webgl2", "webgpu")),
    # On GPUs TF.js compiles its programs anew for each size.
    *((f"tfjs-{backend}", 60) for backend in ("wasm", "cpu", "webgl", "webgpu")),
]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("backend", "count"),
    [("wasm", 1600), *(pytest.param(*case, marks=pytest.mark.heavy) for case in _HEAVY)],
)
def test_photos_of_every_size_come_back_in_it(page: Page, backend: str, count: int) -> None:
    """Whole and in tiles: by width and height from 1 to 40, or as many of them, and two large."""
    sizes = [(width, height) for width in range(1, 41) for height in range(1, 41)]
    random.Random(1).shuffle(sizes)
    page.set_default_timeout(1_700_000)
    used, wrong = page.evaluate(_OWN_SIZES, [backend, [*sizes[:count], (301, 200), (199, 310)]])
    assert (used, wrong) == (backend, [])


_TWO_PHOTOS = """<!doctype html><meta charset=utf-8>
<half-size backend="wasm" always model="small-fine/model.halfsize">
  <img src="half.png" alt="a"></half-size>
<half-size backend="wasm" always model="SECOND/model.halfsize">
  <img src="thirds.png" alt="b"></half-size>
<script src="dist/half-size.js"></script>
"""


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel for a process's memory")
def test_a_second_model_takes_little_memory(browser: Browser, library_site: Path) -> None:
    """Models share library and engine's script, but not the workers: that costs little."""
    for name in ("small-fine", "small-fine-3-2"):
        shutil.copytree(WEB_DEMO / "models" / name, library_site / name)
    for name, side in (("half", 300), ("thirds", 200)):
        Image.fromarray(data.chelsea()[:side, :side]).save(library_site / f"{name}.png")
    seconds = ("small-fine", "small-fine-3-2")
    for second in seconds:
        page = _TWO_PHOTOS.replace("SECOND", second)
        (library_site / f"two-{second}.html").write_text(page, encoding="utf-8")
    taken: dict[str, list[float]] = {second: [] for second in seconds}
    with served(library_site) as address:
        for second in seconds * 5:
            taken[second].append(_memory_mb(browser, f"{address}two-{second}.html"))
    one, two = (median(taken[second]) for second in seconds)
    print(f"one model: {one:.0f} MB, two models: {two:.0f} MB")
    assert two - one < 40


def _memory_mb(browser: Browser, address: str) -> float:
    """Memory of the page's process once its pictures are enlarged, shared pages counted in part."""
    system = browser.new_browser_cdp_session()

    def renderers() -> set[int]:
        listed = system.send("SystemInfo.getProcessInfo")["processInfo"]
        return {int(entry["id"]) for entry in listed if entry["type"] == "renderer"}

    before = renderers()
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.wait_for_function(_PAINTED)
    page.wait_for_timeout(1000)
    assert page.locator("half-size[state=upscaled]").count() == 2
    maps = [Path(f"/proc/{process}/smaps_rollup") for process in renderers() - before]
    kilobytes = [re.findall(r"^Pss: +(\d+) kB", path.read_text(), re.M) for path in maps]
    context.close()
    system.detach()
    return sum(int(number) for numbers in kilobytes for number in numbers) / 1000
