"""Build and open the sites that docs/publish-photos.md describes; part of `make integration`.

Eleventy and Vite are installed from the network, into folders that are deleted afterwards. Hugo is
not an npm package: if it is not on the path, its recipe is skipped with a message.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser
from rich.console import Console
from skimage import data

from export.check.browser import open_browser
from plumbing.command import UserError, run_command
from plumbing.paths import ROOT, WEB_DEMO
from tools.integration import require_upscaled, run_in
from tools.listings import PUBLISHING, listings, write_named
from tools.serving import served

_ELEVENTY = {"@11ty/eleventy": "3.1.8"}
_VITE = {"vite": "8.3.8"}
_SCRIPT = '<script defer src="/media/halfsize/half-size.js"></script>'
_ALT = 'A "cup" of coffee'


@dataclass(frozen=True, kw_only=True)
class RecipesConfig:
    """Settings of `python -m tools.recipes`."""

    model: Path = WEB_DEMO / "models" / "small-web"
    """Export folder of the student for the sites."""
    only: tuple[Literal["Eleventy", "Vite", "Hugo"], ...] = ()
    """Recipes to run; all by default."""


def main(config: RecipesConfig) -> None:
    """Run the command."""
    recipes: dict[str, Callable[[Path], Path]] = {"Eleventy": _eleventy, "Vite": _vite}
    if shutil.which("hugo"):
        recipes["Hugo"] = _hugo
    else:
        Console().print("Hugo is not installed: its recipe is skipped")
    with open_browser() as browser:
        for name, build in recipes.items():
            if config.only and name not in config.only:
                continue
            with tempfile.TemporaryDirectory() as temporary:
                project = Path(temporary)
                shutil.copytree(config.model, project / "models" / "small-web")
                (project / "photos").mkdir()
                Image.fromarray(data.coffee()).save(project / "photos" / "harbour.jpg", quality=95)
                _require_shown(browser, name, build(project))
            Console().print(f"{name} publishes, builds and upscales")


def _coarse(text: str) -> str:
    """Ask for a quality at which half size pays for the photo, and for many such photos."""
    changed = text.replace("'--out'", "'--quality', '30', '--photos-per-visit', '99', '--out'")
    changed = changed.replace("--out ", "--quality 30 --photos-per-visit 99 --out ")
    if changed == text:
        raise UserError("the recipe does not run `export.publish` as it did")
    return changed


def _eleventy(project: Path) -> Path:
    (config,) = write_named("Eleventy", project, PUBLISHING)
    (project / config).write_text(_coarse((project / config).read_text()))
    quoted = _ALT.replace('"', '\\"')
    page = f'<!doctype html>{{% photo "harbour.jpg", "{quoted}" %}}{_SCRIPT}'
    (project / "index.njk").write_text(page)
    _install(project, _ELEVENTY)
    _run(project, ["npx", "@11ty/eleventy"])
    return project / "_site"


def _vite(project: Path) -> Path:
    (config,) = write_named("Vite", project, PUBLISHING)
    (project / config).write_text(_coarse((project / config).read_text()))
    (code,) = [text for text in listings("Vite", PUBLISHING) if text.startswith("import manifest")]
    call = f"document.body.append(photo('harbour.jpg', {json.dumps(_ALT)}));"
    (project / "main.js").write_text(f"{code}\n{call}\n")
    (project / "index.html").write_text(
        f'<!doctype html><body><script type="module" src="main.js"></script>{_SCRIPT}'
    )
    _install(project, _VITE)
    _run(project, ["npx", "vite", "build"])
    return project / "dist"


def _hugo(project: Path) -> Path:
    names = write_named("Hugo", project, PUBLISHING)
    if names != ["layouts/shortcodes/photo.html"]:
        raise UserError(f"docs/publish-photos.md names other files than expected: {names}")
    (project / "hugo.toml").write_text('baseURL = "/"\n')
    (project / "layouts" / "index.html").write_text(f"<!doctype html>{{{{ .Content }}}}{_SCRIPT}")
    (project / "content").mkdir()
    alt = _ALT.replace('"', '\\"')
    shortcode = f'{{{{< photo name="harbour.jpg" alt="{alt}" >}}}}'
    (project / "content" / "_index.md").write_text(f"---\ntitle: Home\n---\n{shortcode}\n")
    commands = _coarse(listings("Hugo", PUBLISHING)[0])
    _run(project, ["sh", "-ec", commands])
    return project / "public"


def _install(project: Path, packages: dict[str, str]) -> None:
    described = {"private": True, "type": "module", "dependencies": packages}
    (project / "package.json").write_text(json.dumps(described))
    run_in(project, ["npm", "install", "--no-audit", "--no-fund"])


def _run(project: Path, command: list[str]) -> None:
    """Run a command whose `python` finds halfsize."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run_in(project, command, PATH=path, PYTHONPATH=str(ROOT))


def _require_shown(browser: Browser, name: str, site: Path) -> None:
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    # The element must work however slow this machine is.
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => {"
        "for (const each of document.querySelectorAll('half-size')) each.setAttribute('always', '')"
        "})"
    )
    with served(site) as address:
        page.goto(address)
        require_upscaled(page, name)
        alt = page.locator("half-size img").get_attribute("alt")
        if alt != _ALT or problems:
            raise UserError(f"on the page of {name}: alt is {alt!r}, problems: {problems}")
    page.close()


if __name__ == "__main__":
    run_command(RecipesConfig, main)
