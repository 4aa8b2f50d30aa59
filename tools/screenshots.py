"""Photograph the page at phone and desktop width, in light and dark. This is `make screenshots`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from export.check.browser import open_browser
from plumbing.command import run_command
from plumbing.paths import WEB_DEMO

_PAGE = WEB_DEMO / "index.html"
_WIDTHS = {"phone": (390, 844), "desktop": (1280, 900)}
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass(frozen=True, kw_only=True)
class ScreenshotConfig:
    """Settings of `python -m tools.screenshots`."""

    out: Path = Path("runs/screenshots")
    """Folder for the PNG files."""
    backend: str = "wasm"
    """Backend of the model."""


def main(config: ScreenshotConfig) -> None:
    """Run the command."""
    config.out.mkdir(parents=True, exist_ok=True)
    with open_browser() as browser:
        for name, (width, height) in _WIDTHS.items():
            for scheme in _SCHEMES:
                prefix = config.out / f"{name}-{scheme}"
                _photograph(browser, prefix, width, height, scheme, config.backend)
    print(f"{len(list(config.out.glob('*.png')))} pictures in {config.out}")


def _photograph(
    browser: Browser,
    prefix: Path,
    width: int,
    height: int,
    scheme: Literal["light", "dark"],
    backend: str,
) -> None:
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(f"{_PAGE.resolve().as_uri()}?backend={backend}")
    _save(page, prefix, "start")
    page.get_by_role("button", name="coffee").click()
    page.wait_for_selector(":root[data-state=done]", timeout=120_000)
    page.wait_for_selector(":root[data-account=done]", timeout=240_000)
    _save(page, prefix, "photo")
    page.get_by_role("tab", name="Animation").click()
    page.get_by_role("tabpanel", name="Animation").get_by_role("button", name="cat").click()
    page.wait_for_selector("#motion[data-state=done]", timeout=120_000)
    _save(page, prefix, "animation")
    page.close()


def _save(page: Page, prefix: Path, name: str) -> None:
    page.wait_for_timeout(300)
    page.screenshot(path=f"{prefix}-{name}.png", full_page=True)


if __name__ == "__main__":
    run_command(ScreenshotConfig, main)
