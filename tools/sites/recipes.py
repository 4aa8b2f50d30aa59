"""Build and open the sites that docs/site-generators.md describes; part of `make integration`.

Generators of npm are installed from the network, into folders that are deleted afterwards. Hugo and
PHP are no npm packages: if they are not on the path, their recipes are skipped with a message.
"""

from __future__ import annotations

import json
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
from tools.integration import NEXT, next_server, require_upscaled
from tools.serving import served
from tools.sites.listings import GENERATORS, listings, write_named
from tools.sites.packages import install, pack, run_in

_ELEVENTY = {"@11ty/eleventy": "3.1.8"}
_VITE = {"vite": "8.3.8"}
_ALT = 'A "cup" of coffee'
_SOURCE_ALT = _ALT.replace('"', "&quot;")

_WORDPRESS = r"""<?php
define('WP_CONTENT_DIR', __DIR__ . '/wp-content');
function add_filter($name, $filter) { $GLOBALS['filter'] = $filter; }
function esc_attr($text) { return htmlspecialchars($text, ENT_QUOTES); }
function esc_url($text) { return htmlspecialchars($text, ENT_QUOTES); }
require __DIR__ . '/mu-plugins/halfsize.php';
echo $GLOBALS['filter'](file_get_contents('php://stdin'));
"""
"""As much of WordPress as the filter needs."""


@dataclass(frozen=True, kw_only=True)
class RecipesConfig:
    """Settings of `python -m tools.sites.recipes`."""

    model: Path = WEB_DEMO / "models" / "small-fine"
    """Export folder of the student for the sites."""
    only: tuple[Literal["Eleventy", "Vite", "Astro", "Next.js", "Hugo", "WordPress"], ...] = ()
    """Recipes to run; all by default."""


@dataclass(frozen=True, kw_only=True)
class Recipes:
    """Builds sites of one published photo, and opens them."""

    model: Path
    """Export folder of the student."""
    tarball: Path
    """The packed npm package."""
    browser: Browser
    """Opens the pages."""

    def eleventy(self, project: Path) -> None:
        """A shortcode of the plug-in, in a page of Nunjucks."""
        write_named("Eleventy", project, GENERATORS)
        self._publish(project, "media", "/media/")
        quoted = _ALT.replace('"', '\\"')
        tag = f'{{% photo "harbour.jpg", "{quoted}", {{ class: "hero" }} %}}'
        (project / "index.njk").write_text(f"<!doctype html><head></head>{tag}")
        install(project, self.tarball, packages=_ELEVENTY)
        run_in(project, ["npx", "@11ty/eleventy"])
        pages = sorted(path.name for path in (project / "_site").rglob("*.html"))
        if pages != ["index.html"]:
            raise UserError(f"Eleventy takes published files for pages: {pages}")
        self._require_shown("Eleventy", project / "_site", ".hero")

    def vite(self, project: Path) -> None:
        """A photo in HTML and another place of it in a script."""
        write_named("Vite", project, GENERATORS)
        self._publish(project, "public/media", "/media/")
        module = (project / "main.js").read_text().replace("The harbour at dawn", _ALT)
        (project / "main.js").write_text(module)
        place = f'<img data-photo="harbour.jpg" class="place" alt="{_SOURCE_ALT}">'
        (project / "index.html").write_text(
            f"<!doctype html><head></head><body>{place}<main></main>"
            '<script type="module" src="main.js"></script>'
        )
        install(project, self.tarball, packages=_VITE)
        run_in(project, ["npx", "vite", "build"])
        self._require_shown("Vite", project / "dist", ".place", ".hero")

    def astro(self, project: Path) -> None:
        """A component that reads the manifest."""
        write_named("Astro", project, GENERATORS)
        self._publish(project, "public/media", "/media/")
        (project / "src" / "pages").mkdir()
        (project / "src" / "pages" / "index.astro").write_text(
            "---\nimport Photo from '../components/Photo.astro';\n---\n<html><body>"
            f'<Photo name="harbour.jpg" alt={{{json.dumps(_ALT)}}} class="hero" /></body></html>'
        )
        install(project, self.tarball, packages={"astro": "5.18.2"})
        run_in(project, ["npx", "astro", "build"], ASTRO_TELEMETRY_DISABLED="1")
        self._require_shown("Astro", project / "dist", ".hero")

    def next(self, project: Path) -> None:
        """A component of the server that reads the manifest."""
        write_named("Next.js", project, GENERATORS)
        self._publish(project, "public/media", "/media/")
        (project / "app" / "layout.tsx").write_text(
            "import { PhotoScript } from './photo';\n"
            "export default ({ children }: { children: React.ReactNode }) =>\n"
            "  <html lang='en'><body>{children}<PhotoScript /></body></html>;\n"
        )
        (project / "app" / "page.tsx").write_text(
            "import { Photo } from './photo';\n"
            f"export default () => <Photo name='harbour.jpg' alt={{{json.dumps(_ALT)}}} />;\n"
        )
        install(project, self.tarball, packages=NEXT)
        run_in(project, ["npx", "next", "build"], NEXT_TELEMETRY_DISABLED="1")
        with next_server(project) as address:
            self._require_at("Next.js", address)

    def hugo(self, project: Path) -> None:
        """A shortcode that reads the manifest as data."""
        names = write_named("Hugo", project, GENERATORS)
        if names != ["layouts/shortcodes/photo.html"]:
            raise UserError(f"docs/site-generators.md names other files than expected: {names}")
        self._publish(project, "static/media", "/media/")
        commands = listings("Hugo", GENERATORS)[0].splitlines()
        script = listings("Hugo", GENERATORS)[-1]
        (project / "hugo.toml").write_text('baseURL = "/"\n')
        layout = project / "layouts" / "index.html"
        layout.write_text(f"<!doctype html>{{{{ .Content }}}}{script}")
        (project / "content").mkdir()
        alt = _ALT.replace('"', '\\"')
        shortcode = f'{{{{< photo name="harbour.jpg" alt="{alt}" >}}}}'
        (project / "content" / "_index.md").write_text(f"---\ntitle: Home\n---\n{shortcode}\n")
        for command in commands[1:]:  # the first one publishes
            run_in(project, ["sh", "-ec", command])
        self._require_shown("Hugo", project / "public")

    def wordpress(self, project: Path) -> None:
        """The filter, called by a stand-in for WordPress."""
        write_named("WordPress", project, GENERATORS)
        self._publish(project, "wp-content/halfsize", "/wp-content/halfsize/")
        (project / "wordpress.php").write_text(_WORDPRESS)
        others = '<img src="/logo.svg" alt="kept"><img src="/wp-content/uploads/no.jpg">'
        post = (
            f'<p>{others}<img class="alignleft" src="https://site.example/wp-content/uploads/'
            f'harbour-300x200.jpg" alt="{_SOURCE_ALT}" width="300"></p>'
        )
        (project / "post.html").write_text(post)
        page = run_in(project, ["sh", "-ec", "php wordpress.php < post.html"])
        if not page.startswith(f"<p>{others}<"):
            raise UserError(f"the filter for WordPress changes other images: {page[:200]}")
        (project / "index.html").write_text(f"<!doctype html>{page}")
        self._require_shown("WordPress", project, ".alignleft")

    def _publish(self, project: Path, out: str, base_url: str) -> None:
        """Publish a photo that is soft, so that half size pays whatever encoders can do."""
        photos = project / "photos"
        photos.mkdir()
        soft = Image.fromarray(data.coffee()).resize((200, 133)).resize((600, 400))
        soft.save(photos / "harbour.jpg", quality=95)
        command = ["-m", "export.publish", str(photos), "--model", str(self.model)]
        settings = ["--quality", "40", "--photos-per-visit", "100000", "--codecs", "WEBP", "JPEG"]
        where = ["--out", str(project / out), "--base-url", base_url]
        run_in(ROOT, [sys.executable, *command, *settings, *where])

    def _require_shown(self, name: str, site: Path, *selectors: str) -> None:
        with served(site) as address:
            self._require_at(name, address, *selectors)

    def _require_at(self, name: str, address: str, *selectors: str) -> None:
        """Require that the photos of a page are enlarged, have their text, and match selectors."""
        page = require_upscaled(self.browser, address, name)
        page.wait_for_function("!document.querySelector('half-size:not([state=upscaled])')")
        for img in page.locator("half-size img").all():
            alt = img.get_attribute("alt")
            if alt != _ALT:
                raise UserError(f"on the page of {name} the photo's text is {alt!r}")
        for selector in selectors:
            if page.locator(f"half-size {selector}").count() != 1:
                raise UserError(f"on the page of {name} no photo is {selector}")
        page.close()


def main(config: RecipesConfig) -> None:
    """Run the command."""
    with tempfile.TemporaryDirectory() as temporary, open_browser() as browser:
        tarball = pack(Path(temporary) / "packed")
        recipes = Recipes(model=config.model, tarball=tarball, browser=browser)
        made: dict[str, tuple[Callable[[Path], None], str]] = {
            "Eleventy": (recipes.eleventy, "npm"),
            "Vite": (recipes.vite, "npm"),
            "Astro": (recipes.astro, "npm"),
            "Next.js": (recipes.next, "npm"),
            "Hugo": (recipes.hugo, "hugo"),
            "WordPress": (recipes.wordpress, "php"),
        }
        for name, (make, program) in made.items():
            if config.only and name not in config.only:
                continue
            if not shutil.which(program):
                Console().print(f"{program} is not installed: the recipe of {name} is skipped")
                continue
            project = Path(temporary) / name
            project.mkdir()
            make(project)
            Console().print(f"{name} builds and upscales", highlight=False)


if __name__ == "__main__":
    run_command(RecipesConfig, main)
