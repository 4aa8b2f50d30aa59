"""Where this project's own files lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The folder that holds the packages, `web_demo` and the licence."""
WEB_DEMO = ROOT / "web_demo"
"""The page, its sources and its build."""
DIST = WEB_DEMO / "dist"
"""Where `make web` builds the page's scripts."""
