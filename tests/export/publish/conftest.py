"""A published site, made once for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plumbing.paths import DIST
from tests.made.published import Published, write_published
from tests.made.workers import made_once


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """For reading only."""
    if not (DIST / "halfsize.js").is_file() and not os.environ.get("CI"):
        pytest.skip("the page's library is not built")
    return Published(made_once(tmp_path_factory, "published", write_published))


@pytest.fixture
def copied(published: Published, tmp_path: Path) -> Published:
    """To change."""
    return published.copy(tmp_path / "copied")
