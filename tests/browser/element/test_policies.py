"""`<half-size>` on pages that forbid, with odd pictures, and in browsers that lie."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, Route
from skimage import data

from tests.browser.driver import Driver
from tests.browser.library.pages import run
from tests.browser.stand_in import write_stand_in
from tools.serving import QuietHandler, served

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]

Opener = Callable[..., Page]

_LISTEN = """
  window.events = [];
  for (const type of ['upscaled', 'skipped', 'error'])
    document.addEventListener(type, (event) => {
      const { width, reason, message } = event.detail;
      window.events.push([type, width ?? reason ?? message]);
    }, true);
"""

_START = '<!doctype html><link rel="icon" href="photo.png">'
_SCRIPT = '<script nonce="abc" src="dist/half-size.js" data-model="stand-in/"></script>'


@pytest.fixture(scope="module")
def pictures(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built files, the stand-in model, and pictures of many kinds."""
    folder = tmp_path_factory.mktemp("policies") / "site"
    shutil.copytree(site, folder)
    write_stand_in(folder / "stand-in")
    photo = Image.fromarray(data.chelsea()[:60, :90])
    photo.save(folder / "photo.png")
    frames = {"save_all": True, "append_images": [photo.rotate(180)], "duration": 100}
    photo.save(folder / "moving.gif", **frames)
    photo.save(folder / "moving.webp", **frames)
    shutil.copy(folder / "moving.webp", folder / "moving.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    photo.save(folder / "lying.jpg", exif=exif.tobytes(), quality=95)
    (folder / "drawing.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60">'
        '<path d="M0 0L90 60" stroke="red"/></svg>'
    )
    return folder


@pytest.fixture
def problems() -> list[str]:
    """The errors in the consoles of opened pages."""
    return []


@pytest.fixture
def opener(browser: Browser, pictures: Path, problems: list[str]) -> Iterator[Opener]:
    """Opens a page with an img of the element; `hook` is put before every script of ours."""
    closers: list[Callable[[], object]] = []

    def open_page(img: str, *, hook: str = "", **headers: str) -> Page:
        name = f"page-{len(list(pictures.glob('page-*.html')))}.html"
        body = f"<half-size backend=wasm always>{img}</half-size>{_SCRIPT}"
        text = f"{_START}{body}"
        (pictures / name).write_text(text, encoding="utf-8")
        server = served(pictures, **headers)
        address = server.__enter__()
        context = browser.new_context()
        closers.extend([context.close, lambda: server.__exit__(None, None, None)])
        page = context.new_page()
        page.set_default_timeout(60_000)
        if hook:

            def hooked(route: Route) -> None:
                script = route.fetch().text()
                route.fulfill(content_type="text/javascript", body=f"{hook}\n{script}")

            context.route("**/dist/*.js*", hooked)
        page.add_init_script(_LISTEN)
        page.on("console", lambda it: problems.append(it.text) if it.type == "error" else None)
        page.goto(f"{address}{name}")
        return page

    yield open_page
    for close in closers:
        close()


def event(page: Page) -> list[str | int]:
    """The first event of the element."""
    page.wait_for_function("() => window.events.length > 0")  # policies forbid to evaluate text
    (first, *_) = page.evaluate("window.events")
    return first


def screen(page: Page) -> NDArray[np.int64]:
    """What is on the screen where the img is."""
    shot = page.locator("img").screenshot()
    return np.asarray(Image.open(BytesIO(shot)).convert("RGB"), int)


_PHOTO = '<img src="photo.png" width="180" height="120" alt="">'
_TRUSTED = "require-trusted-types-for 'script'"
_REST = "; connect-src 'self'; img-src 'self' blob:"


@pytest.mark.parametrize(
    "policy",
    [
        f"script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; {_TRUSTED}",
        f"script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; {_TRUSTED}; "
        "trusted-types half-size halfsize",
        "script-src 'nonce-abc' 'wasm-unsafe-eval'; worker-src 'self'",
        "script-src 'nonce-abc' 'wasm-unsafe-eval'",
        "script-src 'nonce-abc' 'strict-dynamic' 'wasm-unsafe-eval'",
    ],
)
def test_policies_of_nonces_and_trusted_types(opener: Opener, policy: str) -> None:
    page = opener(_PHOTO, Content_Security_Policy=policy + _REST)
    assert event(page) == ["upscaled", 180]


def test_without_blob_in_img_src_nothing_is_said_to_be_enlarged(opener: Opener) -> None:
    policy = "script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src 'self'"
    page = opener(_PHOTO, Content_Security_Policy=policy)
    kind, message = event(page)
    assert kind == "error" and "img-src" in str(message)
    assert screen(page).std() > 10  # the plain photo is still there


def test_what_moves_or_is_drawn_is_left_alone_without_an_error(
    opener: Opener, pictures: Path, problems: list[str]
) -> None:
    inline = base64.b64encode((pictures / "moving.webp").read_bytes()).decode()
    files = ("moving.gif", "moving.webp", "moving.jpg", f"data:image/webp;base64,{inline}")
    files = (*files, "drawing.svg")
    images = (f'<img src="{file}" width="180" height="120" alt="">' for file in files)
    separator = "</half-size><half-size backend=wasm always>"
    page = opener(separator.join(images), Cache_Control="no-store")
    page.wait_for_function("() => window.events.length === 5")
    events = sorted(page.evaluate("window.events"))
    assert events == [*[["skipped", "animated"]] * 4, ["skipped", "vector"]]
    assert problems == []


def test_a_still_photo_that_may_not_be_cached_prints_no_error(
    opener: Opener, problems: list[str]
) -> None:
    page = opener(_PHOTO, Cache_Control="no-store")
    assert event(page) == ["upscaled", 180]
    assert problems == []


_WORKER = """
  addEventListener('install', () => skipWaiting());
  addEventListener('activate', (event) => event.waitUntil(clients.claim()));
  addEventListener('fetch', (event) => event.respondWith(fetch(REQUEST)));
"""


@contextmanager
def stalling(folder: Path, name: str) -> Iterator[str]:
    """Serve a folder; of one file that may not be cached, only the first half a second time."""
    content, times, stopped = (folder / name).read_bytes(), [0], Event()

    class Handler(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802 (its name in http.server)
            if not self.path.startswith(f"/{name}"):
                super().do_GET()
                return
            times[0] += 1
            self.send_response(200)
            for header in (("Cache-Control", "no-store"), ("Content-Type", "image/png")):
                self.send_header(*header)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content if times[0] == 1 else content[: len(content) // 2])
            if times[0] > 1:
                stopped.wait(60)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()


@pytest.mark.browsers("chromium")  # Playwright cannot wait for a service worker in Firefox
@pytest.mark.parametrize("request_", [None, "event.request", "event.request.url"])
def test_no_photo_that_may_not_be_cached_is_downloaded_twice(
    browser: Browser, pictures: Path, problems: list[str], request_: str | None
) -> None:
    """Whether it moves is seen by its start: here the rest never comes."""
    noise = np.random.default_rng(1).integers(0, 256, (120, 180, 3), np.uint8)
    Image.fromarray(noise).save(pictures / "large.png")  # 65 KB
    img = '<img src="large.png" width="360" height="240" alt="">'
    body = f"<half-size backend=wasm always>{img}</half-size>{_SCRIPT}"
    (pictures / "large.html").write_text(f"{_START}{body}", encoding="utf-8")
    (pictures / "first.html").write_text(_START, encoding="utf-8")
    (pictures / "worker.js").write_text(_WORKER.replace("REQUEST", request_ or ""))
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(_LISTEN)
    page.on("console", lambda it: problems.append(it.text) if it.type == "error" else None)
    with stalling(pictures, "large.png") as address:
        page.goto(f"{address}first.html")
        if request_:
            page.evaluate(
                """async () => {
                  await navigator.serviceWorker.register('worker.js');
                  await navigator.serviceWorker.ready;
                }"""
            )
        page.goto(f"{address}large.html")
        assert page.evaluate("!!navigator.serviceWorker.controller") == bool(request_)
        assert event(page) == ["upscaled", 360]
        context.close()
    assert problems == []


def test_an_animation_behind_blob_is_left_alone(opener: Opener) -> None:
    page = opener("<img alt='' width=180 height=120>")
    page.evaluate(
        """async () => {
          const file = await (await fetch('moving.webp')).blob();
          document.querySelector('img').src = URL.createObjectURL(file);
        }"""
    )
    assert event(page) == ["skipped", "animated"]


@pytest.mark.parametrize("orientation", ["none", "from-image"])
def test_the_orientation_of_the_img_is_kept(opener: Opener, orientation: str) -> None:
    size = "width=180 height=120" if orientation == "none" else "width=120 height=180"
    img = f'<img src="lying.jpg" {size} style="image-orientation: {orientation}" alt="">'
    page = opener(img)
    event(page)
    seen = screen(page)
    page.evaluate("document.querySelector('half-size').replaceWith(document.querySelector('img'))")
    page.evaluate("document.querySelector('img').style.content = ''")
    assert np.abs(seen - screen(page)).mean() < 8


_NOISE = """
if (!self.noisy) {
  self.noisy = true;
  const change = (byte) => CHANGE;
  const { prototype } = OffscreenCanvasRenderingContext2D;
  const { getImageData } = prototype;
  prototype.getImageData = function (...given) {
    const image = getImageData.apply(this, given);
    image.data.forEach((byte, i) => { if (i % 4 < 3) image.data[i] = change(byte); });
    return image;
  };
}
"""


def test_where_pixels_read_back_are_noise_the_photo_is_left_alone(opener: Opener) -> None:
    page = opener(_PHOTO, hook=_NOISE.replace("CHANGE", "Math.random() * 256"))
    assert event(page) == ["skipped", "no-readback"]
    assert page.evaluate("document.querySelector('img').style.content") == ""


def test_noise_in_the_lowest_bit_does_no_harm(opener: Opener) -> None:
    page = opener(_PHOTO, hook=_NOISE.replace("CHANGE", "byte ^ 1"))
    assert event(page) == ["upscaled", 180]


@pytest.mark.browsers("firefox-resisting")
def test_where_firefox_resists_fingerprinting_element_and_library_say_so(opener: Opener) -> None:
    page = opener(_PHOTO)
    assert event(page) == ["skipped", "no-readback"]
    seen = screen(page)
    page.evaluate("document.querySelector('half-size').replaceWith(document.querySelector('img'))")
    np.testing.assert_array_equal(seen, screen(page))  # it is the photo, as it was
    page.goto(page.url.replace("page-", "blank.html?page-"))
    got = run(page, "return problem((await load()).upscale('photo.png'));")
    assert got["code"] == "NoReadback" and "recognised" in got["message"]


@pytest.mark.browsers("firefox-resisting")
def test_where_firefox_resists_fingerprinting_the_page_says_so(
    demo: Driver, http_address: str, pictures: Path
) -> None:
    demo.open(http_address)
    assert "recognised" in demo.error_for(pictures / "photo.png")
