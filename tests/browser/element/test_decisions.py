"""When `<half-size>` enlarges its img, and when it leaves it alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.element.pages import IMG, LISTEN, LISTEN_BY_TITLE, show, wait_for_state
from tools.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]


@pytest.mark.browsers("chromium")  # no matter of the browser
@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("connection", "{ saveData: true }", "save-data"),
        ("deviceMemory", "1", "low-memory"),
    ],
)
def test_a_poor_device_is_left_alone(
    page: Page, element_site: Path, name: str, value: str, reason: str
) -> None:
    page.add_init_script(f"Object.defineProperty(navigator, '{name}', {{ value: {value} }});")
    answers: list[str] = []  # a cache that is asked for a file without one gives none
    page.on("response", lambda response: answers.append(response.url))
    show(page, element_site, IMG)
    wait_for_state(page, "skipped")
    assert page.evaluate("window.events") == [["skipped", reason]]
    assert not any("engine" in url or "stand-in" in url for url in answers)
    assert not any("/halfsize.js" in url for url in answers)  # not even the library


def test_what_gains_nothing_is_left_alone(page: Page, element_site: Path) -> None:
    page.add_init_script(LISTEN_BY_TITLE)
    sizes = {"moving.gif": 180, "moving.webp": 180, "moving.png": 180, "photo.png": 90}
    body = "".join(
        # Where the machine is too busy for stills, nobody reads whether WebP and PNG move: always.
        f'<half-size backend=wasm title="{file}" {"always" if "moving" in file else ""}>'
        f'<img src="{file}" width="{width}" height="{width * 2 // 3}" alt=""></half-size>'
        for file, width in sizes.items()
    )
    show(page, element_site, body)
    page.wait_for_function("new Set(reasons.map(([title]) => title)).size === 4")
    expected = {file: "animated" if "moving" in file else "shown-small" for file in sizes}
    assert dict(page.evaluate("reasons")) == expected
    page.evaluate(  # larger: now it is worth it
        "const img = [...document.querySelectorAll('img')].at(-1); img.width *= 2; img.height *= 2;"
    )
    page.wait_for_function(
        "reasons.at(-1)[1] !== 'shown-small' && reasons.at(-1)[0] === 'photo.png'"
    )
    # Where the machine is too busy for the img, that is now the reason.
    assert page.evaluate("reasons.at(-1)") in (["photo.png", "upscaled"], ["photo.png", "slow"])


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_a_slow_backend_leaves_the_img_alone(page: Page, element_site: Path) -> None:
    # Plain JavaScript needs seconds for a megapixel, wherever it runs.
    img = '<img src="photo.png" width="180" alt="">'
    show(page, element_site, f'<half-size backend="cpu" model="real/">{img}</half-size>')
    wait_for_state(page, "skipped")
    assert page.evaluate("window.events") == [["skipped", "slow"]]


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_who_prefers_reduced_data_is_left_alone(page: Page, element_site: Path) -> None:
    page.add_init_script(
        """
        const real = window.matchMedia.bind(window);
        window.matchMedia = (query) =>
          query.includes('prefers-reduced-data') ? { matches: true } : real(query);
        """
    )
    show(page, element_site, IMG)
    wait_for_state(page, "skipped")
    assert page.evaluate("window.events") == [["skipped", "save-data"]]


def test_a_lazy_img_loads_when_it_comes_near(page: Page, element_site: Path) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    lazy = IMG.replace("photo.png", "grey.png").replace("<img", '<img loading="lazy"')
    show(page, element_site, f'<div style="height: 9000px"></div>{lazy}')
    page.wait_for_timeout(300)
    assert not any("grey.png" in url for url in requests)
    page.evaluate("document.querySelector('img').scrollIntoView()")
    wait_for_state(page, "upscaled")


def test_far_away_it_waits(page: Page, element_site: Path) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    show(page, element_site, f'<div style="height: 5000px"></div>{IMG}')
    page.wait_for_timeout(500)
    assert page.evaluate("window.events") == []
    scripts = {url.rsplit("/", 1)[1] for url in requests if ".js" in url}
    assert scripts == {"half-size.js"}
    page.evaluate("document.querySelector('img').scrollIntoView()")
    wait_for_state(page, "upscaled")


def test_a_tab_that_is_hidden_works_when_it_is_seen(page: Page, element_site: Path) -> None:
    page.add_init_script(
        "window.hidden = true; Object.defineProperty(document, 'hidden', { get: () => hidden });"
    )
    show(page, element_site, IMG)
    page.wait_for_timeout(400)
    assert page.evaluate("events") == []
    page.evaluate("hidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    wait_for_state(page, "upscaled")


_SIZES = {  # the img, and whether it is worth the work on a screen of density 2
    "a small candidate, shown large": ('srcset="photo.png 180w" sizes="180px"', True),
    "a candidate for half the density": ('srcset="photo.png 0.5x" width="180"', True),
    "a candidate for this density": ('srcset="wide.png 2x" width="90"', False),
    "a large candidate": ('srcset="wide.png 360w" sizes="90px"', False),
    "stretched downwards": ('src="photo.png" style="width: 45px; height: 90px"', True),
    "cut off by object-fit": (
        'src="photo.png" style="width: 45px; height: 90px; object-fit: cover"',
        True,
    ),
    "small in a large box": (
        'src="wide.png" style="width: 400px; height: 60px; object-fit: contain"',
        False,
    ),
    "padded": ('src="photo.png" style="width: 45px; height: 30px; padding: 60px"', False),
    "zoomed": ('src="photo.png" width="45" style="zoom: 2"', True),
    "reduced by zoom": ('src="photo.png" width="180" style="zoom: 0.25"', False),
}
_SOURCES = {  # the same in a source of a picture
    "a small candidate in a source": ('srcset="photo.png 180w" sizes="180px"', True),
    "a candidate of a source for this density": ('srcset="wide.png 2x"', False),
}


def test_the_pixels_of_the_file_decide(browser: Browser, element_site: Path) -> None:
    context = browser.new_context(viewport={"width": 800, "height": 600}, device_scale_factor=2)
    body = "".join(
        f"<half-size backend=wasm title='{case}'><img {attributes} alt=''></half-size>"
        for case, (attributes, _) in _SIZES.items()
    )
    body += "".join(
        f"<half-size backend=wasm title='{case}'><picture><source {attributes}>"
        "<img src='grey.png' width='90' alt=''></picture></half-size>"
        for case, (attributes, _) in _SOURCES.items()
    )
    with served(element_site) as address:
        page = context.new_page()
        page.add_init_script(LISTEN + LISTEN_BY_TITLE)
        page.goto(f"{address}photo.png")
        show(page, element_site, body)
        page.wait_for_function(f"events.length === {len(_SIZES | _SOURCES)}")
        reasons = dict(page.evaluate("reasons"))
    context.close()
    assert {case: reason != "shown-small" for case, reason in reasons.items()} == {
        case: is_worth_it for case, (_, is_worth_it) in (_SIZES | _SOURCES).items()
    }


def test_a_picture_that_a_transform_reveals_is_enlarged(page: Page, element_site: Path) -> None:
    element = '<half-size backend=wasm><img src="photo.png" width="180" alt=""></half-size>'
    transforms = ("scale(.3)", "rotateY(90deg)", "rotate(30deg) scale(.2)")
    mains = (f'<main style="transform: {it}">{element}</main>' for it in transforms)
    show(page, element_site, "".join(mains))
    page.wait_for_function("events.length === 3")
    assert page.evaluate("events") == [["skipped", "shown-small"]] * 3
    page.evaluate("document.querySelectorAll('main').forEach((it) => { it.style.transform = ''; })")
    page.wait_for_function("events.length === 6")
    for event in page.evaluate("events.slice(3)"):
        assert event in (["upscaled", 180], ["skipped", "slow"])


@pytest.mark.browsers("chromium")  # only its protocol changes the density of a screen
def test_a_window_on_another_screen_is_decided_anew(page: Page, element_site: Path) -> None:
    """Dragged to a screen of double density, or zoomed: no event tells of either."""
    show(
        page,
        element_site,
        '<half-size backend=wasm><img src="photo.png" width="90" alt=""></half-size>',
    )
    wait_for_state(page, "skipped")
    assert page.evaluate("events") == [["skipped", "shown-small"]]
    screen = {"width": 800, "height": 600, "deviceScaleFactor": 2, "mobile": False}
    page.context.new_cdp_session(page).send("Emulation.setDeviceMetricsOverride", screen)
    page.wait_for_function("events.length === 2")
    assert page.evaluate("events[1]") in (["upscaled", 180], ["skipped", "slow"])
