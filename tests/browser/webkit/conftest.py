"""One MiniBrowser for all tests of this folder, and a site with the element and a real student."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from plumbing.command import UserError
from tests.browser.stand_in import write_stand_in
from tests.made.runs import MadeChain
from tests.made.workers import all_cores
from tests.missing import skip_or_fail
from tools.mini_browser import MiniBrowser, open_mini_browser
from tools.serving import served

Show = Callable[..., None]

_LISTEN = """
  window.events = [];
  for (const type of ['upscaled', 'skipped', 'error'])
    document.addEventListener(type, ({ target, detail }) => {
      const told = detail?.reason ?? detail?.width ?? detail?.message;
      if (target.localName === 'half-size') events.push([type, told, target.id]);
    }, true);
"""


@pytest.fixture(scope="session")
def started() -> Iterator[MiniBrowser]:
    """The browser. Where CI is set, having none is a failure."""
    with ExitStack() as stack:
        try:
            with all_cores():  # its page and its workers are threads of one process
                browser = stack.enter_context(open_mini_browser())
        except UserError as error:
            skip_or_fail(str(error))
        yield browser


@pytest.fixture
def webkit(started: MiniBrowser) -> Iterator[MiniBrowser]:
    """The browser, in which nothing may crash."""
    yield started
    started.open("about:blank")  # what still works is ended
    assert started.run("return 1 + 1") == 2


@pytest.fixture(scope="session")
def pictures(site: Path, chain: MadeChain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built page with a student, the stand-in that repeats pixels, and pictures."""
    folder = tmp_path_factory.mktemp("webkit") / "site"
    shutil.copytree(site, folder)
    shutil.copytree(chain.page_model, folder / "student")
    write_stand_in(folder / "stand-in")
    (folder / "elsewhere.html").write_text("<!doctype html><title>elsewhere</title>")
    photo = Image.fromarray(data.chelsea()[:60, :90])
    photo.save(folder / "photo.png")
    photo.resize((180, 120)).save(folder / "wide.png")
    frames = {"save_all": True, "append_images": [photo.rotate(180)], "duration": 100}
    for name in ("moving.gif", "moving.webp", "moving.png"):
        photo.save(folder / name, **frames)
    photo.resize((240, 160)).save(folder / "whole.jpg", quality=90)
    photo.resize((240, 160)).save(folder / "whole.png")
    photo.resize((240, 160)).save(folder / "whole.webp", quality=90)
    for path in folder.glob("whole.*"):
        content = path.read_bytes()
        path.with_stem("cut").write_bytes(content[: len(content) * 2 // 3])
    return folder


@pytest.fixture
def show(webkit: MiniBrowser, pictures: Path) -> Iterator[Show]:
    """Open a page with a body and the element's one script tag.

    `window.events` has type, reason or width or message, and id for each event of an element.
    """
    with ExitStack() as stack:

        def show(body: str, *, model: str = "stand-in/", **headers: str) -> None:
            (pictures / "listen.js").write_text(_LISTEN, encoding="utf-8")
            name = f"page-{len(list(pictures.glob('page-*.html')))}.html"  # never a cached one
            script = f'<script src="dist/half-size.js" data-model="{model}"></script>'
            head = (
                '<!doctype html><link rel="icon" href="photo.png"><script src="listen.js"></script>'
            )
            (pictures / name).write_text(f"{head}<body>{body}{script}", encoding="utf-8")
            webkit.open(stack.enter_context(served(pictures, **headers)) + name)

        yield show
