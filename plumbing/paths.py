"""Folders of the project itself, in a checkout and where it is installed."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The folder that holds the packages: of a checkout, or site-packages."""
_INSTALLED = ROOT / "halfsize" / "web_demo"
IS_INSTALLED = _INSTALLED.is_dir()
"""Whether this is an installed wheel, not a checkout."""
WEB_DEMO = _INSTALLED if IS_INSTALLED else ROOT / "web_demo"
"""The browser page: sources and build; where it is installed, scripts and models alone."""
DIST = WEB_DEMO / "dist"
"""The page's scripts, built by `make web`."""
MODELS = WEB_DEMO / "models"
"""The released students, exported for browsers."""


def licence_file() -> Path | None:
    """Find the text of the project's licence."""
    found = [ROOT / "LICENSE"]
    if IS_INSTALLED:
        found = sorted(ROOT.glob("halfsize-*.dist-info/licenses/LICENSE"))
    return next((path for path in found if path.is_file()), None)
