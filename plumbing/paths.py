"""Folders of the project itself."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The folder that holds the packages, `web_demo` and the licence."""
WEB_DEMO = ROOT / "web_demo"
"""The browser page: sources and build."""
DIST = WEB_DEMO / "dist"
"""The page's scripts, built by `make web`."""
