"""What `<half-size>` does with results: whom it shows them, how long, and what is left of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from export.check.browser import find_browser
from tests.browser.element.pages import (
    CONTENT,
    EACH,
    IMG,
    LISTEN,
    show,
    start_element,
    wait_for_state,
)
from tools.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]


def test_another_src_is_enlarged_and_a_move_changes_nothing(page: Page, element_site: Path) -> None:
    show(page, element_site, IMG)
    wait_for_state(page, "upscaled")
    first = page.evaluate(CONTENT)
    page.evaluate("document.querySelector('img').src = 'grey.png'")
    page.wait_for_function(
        f"(first) => {CONTENT} !== first && {CONTENT}.includes('blob:')", arg=first
    )
    # A slider moves its slide: the result is back before the next frame, and is not made again.
    moved = page.evaluate(
        f"""() => {{
          const before = {CONTENT};
          const main = document.body.appendChild(document.createElement('main'));
          main.append(document.querySelector('half-size'));
          return [before === {CONTENT}, document.querySelector('half-size').getAttribute('state')];
        }}"""
    )
    assert moved == [True, "upscaled"]
    # A framework takes the img out, and puts another in.
    page.evaluate("window.old = document.querySelector('img'); old.remove()")
    page.evaluate("document.body.append(old)")
    assert page.evaluate(CONTENT) == "normal"
    page.evaluate("old.src = 'photo.png'; document.querySelector('half-size').append(old)")
    wait_for_state(page, "upscaled")
    assert page.evaluate("events.map(([type]) => type)") == ["upscaled"] * 3
    page.evaluate("const element = document.querySelector('half-size'); element.replaceWith(old)")
    assert page.evaluate(CONTENT) == "normal"


def test_a_script_that_rewrites_style_does_not_undo_it(page: Page, element_site: Path) -> None:
    show(page, element_site, IMG.replace("<img", "<img style='opacity: 1'"))
    wait_for_state(page, "upscaled")
    for script in (
        "setAttribute('style', 'opacity: 0.9')",
        "style.cssText = 'opacity: 0.8'",
        "removeAttribute('style')",
    ):
        same = f"(() => {{ const before = {CONTENT}; document.querySelector('img').{script};"
        assert page.evaluate(f"{same} return before === {CONTENT}; }})()"), script
    assert len(page.evaluate("events")) == 1


_OLD = 'style="content: image-set(url(&quot;blob:http://old/1&quot;) 2x)"'


def test_saved_html_holds_nothing_of_the_result(page: Page, element_site: Path) -> None:
    # With attributes: HTML that an earlier version of the element left behind.
    attributes = ("", f"{_OLD} ", f"loading=lazy {_OLD} ")
    show(page, element_site, "".join(IMG.replace("<img", f"<img {it}") for it in attributes))
    page.wait_for_function("events.length === 3")
    contents = page.evaluate(f"{EACH}((img) => getComputedStyle(img).content)")
    assert all("blob:" in content and "old" not in content for content in contents)
    saved = page.evaluate("document.documentElement.outerHTML")
    assert "blob:" not in saved
    assert page.evaluate(f"{EACH}((img) => img.getAttribute('style'))") == [None] * 3
    show(page, element_site, re.sub(r"<script.*?</script>", "", saved))
    page.wait_for_function("events.length === 3")
    assert page.evaluate("events") == [["upscaled", 180]] * 3


def test_what_is_gone_is_not_painted(page: Page, element_site: Path) -> None:
    show(page, element_site, IMG)
    wait_for_state(page, "upscaled")
    for how in ("src = 'missing.png'", "removeAttribute('src')", "src = ''"):
        page.evaluate(f"document.querySelector('img').{how}")
        wait_for_state(page, "waiting")
        assert page.evaluate(CONTENT) == "normal", how
        page.evaluate("document.querySelector('img').src = 'photo.png'")
        wait_for_state(page, "upscaled")


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_a_file_on_many_cards_is_enlarged_once(page: Page, element_site: Path) -> None:
    show(page, element_site, IMG * 6)
    page.wait_for_function("events.length === 6")
    contents = "[...document.querySelectorAll('img')].map((img) => getComputedStyle(img).content)"
    assert page.evaluate(f"new Set({contents}).size") == 1
    page.evaluate("document.querySelector('half-size').remove()")  # the others keep it
    assert "blob:" in page.evaluate(CONTENT)


def test_pictures_that_are_scrolled_to_and_fro_are_enlarged_once(
    page: Page, element_site: Path
) -> None:
    images = "".join(f"<p>{IMG.replace('photo.png', f'photo.png?{n}')}" for n in range(10))
    show(page, element_site, images)
    page.evaluate(
        "setInterval(() => scrollTo(0, scrollY < 100 ? document.body.scrollHeight : 0), 60)"
    )
    page.wait_for_function("events.length >= 10")
    page.wait_for_timeout(200)
    assert page.evaluate("events") == [["upscaled", 180]] * 10


def test_results_far_from_the_view_are_given_back_and_made_again(
    page: Page, element_site: Path
) -> None:
    def with_a_low_bound(route: Route) -> None:
        script = route.fetch().text()
        assert script.count("96e6") == 1
        route.fulfill(content_type="text/javascript", body=script.replace("96e6", "1"))

    page.route("**/half-size.js", with_a_low_bound)
    far = "<p style='height: 3000px'></p>"
    show(page, element_site, far.join(IMG.replace("photo.png", f"photo.png?{n}") for n in range(3)))
    painted = f"{EACH}((img) => Number(getComputedStyle(img).content.includes('blob:')))"
    for number, expected in ((0, "1,0,0"), (1, "0,1,0"), (2, "0,0,1"), (0, "1,0,0")):
        page.evaluate(f"document.querySelectorAll('img')[{number}].scrollIntoView()")
        page.wait_for_function(f"String({painted}) === '{expected}'")
    # Made again it is no news, and what is not painted does not say that it is.
    assert page.evaluate("events") == [["upscaled", 180]] * 3
    states = page.evaluate(
        "[...document.querySelectorAll('half-size')].map((it) => it.getAttribute('state'))"
    )
    assert states == ["upscaled", "waiting", "waiting"]


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_what_is_in_view_comes_first_in_reading_order(page: Page, element_site: Path) -> None:
    images = [IMG.replace("photo.png", f"photo.png?{n}") for n in range(18)]  # rows of three
    style = "<style>body { margin: 0; font-size: 0 } img { width: 260px; height: 190px }</style>"
    show(page, element_site, f"{style}{''.join(images)}<p style='height: 2000px'>", late=True)
    page.evaluate("scrollTo(0, 380)")  # two rows are above, four in view
    page.evaluate(
        """() => {
          window.order = [];
          document.addEventListener('upscaled', ({ target }) =>
            order.push(Number(target.firstElementChild.src.split('?')[1])));
        }"""
    )
    start_element(page)
    page.wait_for_function("order.length === 18")
    order = page.evaluate("order")
    expected = [*range(6, 18), 3, 4, 5, 0, 1, 2]
    # Two are worked on at a time, so that neighbours may change places.
    moved = [abs(place - expected.index(number)) for place, number in enumerate(order)]
    assert max(moved) <= 1, order


@pytest.mark.browsers("chromium")  # it starts one of its own
@pytest.mark.parametrize("is_kept", [True, False], ids=["kept by the browser", "loaded again"])
def test_a_page_that_is_returned_to_shows_its_enlarged_pictures(
    browser: Browser, element_site: Path, is_kept: bool
) -> None:
    script = '<script src="dist/half-size.js" data-model="stand-in/"></script>'
    (element_site / "left.html").write_text(f"<!doctype html>{IMG}{script}", encoding="utf-8")
    with (
        served(element_site) as address,
        browser.browser_type.launch(
            executable_path=find_browser(browser.browser_type),
            args=["--no-sandbox"],
            ignore_default_args=["--disable-back-forward-cache"] if is_kept else None,
        ) as other,
    ):
        page = other.new_page()
        page.add_init_script(LISTEN)
        page.goto(f"{address}left.html")
        wait_for_state(page, "upscaled")
        page.evaluate("window.mark = 1")
        page.goto(f"{address}photo.png")
        page.go_back(wait_until="commit")  # a page that is kept does not load
        wait_for_state(page, "upscaled")
        assert "blob:" in page.evaluate(CONTENT)
        assert (page.evaluate("window.mark") == 1) is is_kept
        assert page.evaluate("events") == [["upscaled", 180]]
