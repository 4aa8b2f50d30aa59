"""How long a page is blocked, how much memory stays in use, and the order of jobs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.library.pages import run

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]


def test_the_address_of_the_network_has_everything_asked_for_at_once(page: Page) -> None:
    held: list[Route] = []
    page.route("**/halfsize.json*", lambda route: held.append(route))
    with page.expect_request("**/engine-wasm.js*"), page.expect_request("**/model.halfsize?v=1"):
        page.evaluate(
            "address => { window.loading = Halfsize.load(address, { backend: 'wasm' }); }",
            "student/model.halfsize?v=1",
        )
    while not held:  # this process learns of the request some time after it was made
        page.wait_for_timeout(20)
    (card,) = held
    assert card.request.url.endswith("/student/halfsize.json?v=1")
    card.continue_()
    got = page.evaluate("""async () => {
      const halfsize = await window.loading;
      return [halfsize.backend, halfsize.checked, Object.keys(halfsize.card.files)];
    }""")
    assert got == ["wasm", True, ["model.halfsize"]]


@pytest.mark.browsers("chromium")  # no matter of the browser
@pytest.mark.parametrize("missing", ["halfsize.json", "model.halfsize", "engine-wasm.js"])
def test_missing_files_of_a_network_are_reported(page: Page, missing: str) -> None:
    page.route(f"**/{missing}*", lambda route: route.fulfill(status=404))
    got = run(page, "return problem(load({}, 'student/model.halfsize'));")
    assert got["code"] == ("NoBackend" if missing.startswith("engine") else "ModelMismatch")
    assert missing in got["message"] and got["typed"]


def test_no_helper_starts_before_a_tile_is_done(page: Page) -> None:
    workers: list[object] = []
    page.on("worker", lambda worker: workers.append(worker))
    run(page, "window.halfsize = await load({ workers: 3 }, 'demo');")
    assert len(workers) == 1
    with page.expect_event("worker", lambda _: len(workers) == 3):
        run(page, "await window.halfsize.upscale(picture(20, 20), { output: 'imagedata' });")


@pytest.mark.alone
@pytest.mark.browsers("chromium")  # whose traces tell what was computed, whatever else was running
@pytest.mark.parametrize(
    ("model", "width", "height", "output"),
    [
        ("demo", 700, 500, "canvas"),
        ("demo", 500, 400, "blob"),
    ],
)
def test_on_the_page_no_frame_waits_50_ms(
    browser: Browser, page: Page, model: str, width: int, height: int, output: str
) -> None:
    start = """
        const [model, width, height] = argument;
        window.kept = await load({ place: 'page' }, model);
        window.bitmap = await createImageBitmap(picture(width, height));
    """
    run(page, start, [model, width, height])
    longest: list[float] = []
    # A task that is too long is so in every attempt; other programs only add to it.
    while len(longest) < 4 and (not longest or longest[-1] >= 50):
        browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline"])
        run(page, "await kept.upscale(bitmap, { output: argument });", output)
        tasks = main_thread_tasks(json.loads(browser.stop_tracing()))
        longest.append(max(tasks))
        assert sum(tasks) > 50  # there was something to cut into slices
    assert longest[-1] < 50, longest


def main_thread_tasks(trace: dict[str, Any]) -> list[float]:
    """Milliseconds of the main threads' tasks: of computing, whatever else the machine does."""
    events = trace["traceEvents"]
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return [
        event["tdur"] / 1000
        for event in events
        if event["name"] == "RunTask" and "tdur" in event and (event["pid"], event["tid"]) in main
    ]


def test_nothing_waits_for_what_hidden_tabs_hold_back(page: Page) -> None:
    got = run(
        page,
        """
        const image = picture(900, 600);
        const found = [];
        for (const place of ['auto', 'page']) {
          const halfsize = await load({ place, tilePx: 256 });
          // In a hidden tab timers fire once a second, later once a minute, and frames never.
          const { setTimeout: timer, requestAnimationFrame: frame } = window;
          window.setTimeout = window.requestAnimationFrame = () => { found.push(place); };
          const canvas = await halfsize.upscale(image);
          Object.assign(window, { setTimeout: timer, requestAnimationFrame: frame });
          found.push(canvas.width);
        }
        return found;
        """,
    )
    assert got == [1800, 1800]


@pytest.mark.browsers("chromium")  # which tells how much memory is in use
@pytest.mark.parametrize(
    ("count", "growth"), [(60, 1.25), pytest.param(300, 1.05, marks=pytest.mark.heavy)]
)
def test_memory_stays_flat(page: Page, count: int, growth: float) -> None:
    cdp = page.context.new_cdp_session(page)

    def heap() -> float:
        for _ in range(3):
            cdp.send("HeapProfiler.collectGarbage")
        return cdp.send("Runtime.getHeapUsage")["usedSize"]

    # On the page, where the heap that is measured is the one that the engine uses.
    run(page, "window.kept = await load({ place: 'page', tilePx: 16 });")
    script = """
        for (let i = 0; i < argument; i++) await kept.upscale(picture(24, 20));
    """
    # Compiled code grows for some hundred pictures, then stays: that is not a leak.
    run(page, script, count)
    before = heap()
    run(page, script, count)
    assert heap() < before * growth


@pytest.mark.parametrize(
    ("width", "height"), [(1200, 900), pytest.param(6000, 4000, marks=pytest.mark.heavy)]
)
def test_a_large_picture(page: Page, width: int, height: int) -> None:
    """Every pixel that comes out is right; the stand-in makes it affordable."""
    got = run(
        page,
        """
        const image = picture(...argument);
        const halfsize = await load();
        let tiles = 0;
        const result = await halfsize.upscale(image, {
          output: 'imagedata', onProgress: () => tiles++ });
        return [result.width, result.height, wrongAt(image, result), tiles];
        """,
        [width, height],
    )
    *result, tiles = got
    assert result == [2 * width, 2 * height, -1]
    assert tiles > width * height / 500_000


@pytest.mark.heavy
def test_a_picture_of_24_megapixels_with_the_real_model(page: Page) -> None:
    page.set_default_timeout(550_000)
    got = run(
        page,
        """
        const image = picture(6000, 4000);
        const halfsize = await load({}, 'demo');
        const canvas = await halfsize.upscale(image);
        const found = [canvas.width, canvas.height];
        // Parts of it are what they are by themselves, far enough from their own borders.
        const small = await load({ tilePx: 400 }, 'demo');
        for (const [left, top] of [[0, 0], [2990, 1990], [5900, 3900]]) {
          const part = new OffscreenCanvas(100, 100).getContext('2d');
          part.putImageData(image, -left, -top);
          const cut = part.getImageData(0, 0, 100, 100);
          const alone = (await small.upscale(cut, { output: 'imagedata' })).data;
          const whole = canvas.getContext('2d');
          const there = whole.getImageData(2 * left, 2 * top, 200, 200).data;
          let wrong = 0;
          for (let y = 40; y < 160; y++)
            for (let x = 40; x < 160; x++)
              for (let at = (y * 200 + x) * 4, c = 0; c < 3; c++)
                if (alone[at + c] !== there[at + c]) wrong++;
          found.push(wrong);
        }
        return [...found, halfsize.last.milliseconds];
        """,
    )
    print(f"6000 x 4000 with the real model: {got.pop() / 1000:.1f} s")
    assert got == [12000, 8000, 0, 0, 0]


def test_pictures_share_the_engine_fairly(page: Page) -> None:
    got = run(
        page,
        """
        const halfsize = await load({ backend: 'cpu', tilePx: 40 });
        const order = [];
        await Promise.all([['large', 800], ['small', 30], ['other', 40]].map(
          async ([name, side]) => {
            await halfsize.upscale(picture(side, side), { output: 'imagedata' });
            order.push(name);
          }));
        return order;
        """,
    )
    assert got[-1] == "large"
