"""A published site, made once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made.published import Published, write_published
from tests.made.workers import made_once
from tests.missing import require_page_library


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """For reading only."""
    require_page_library()
    return Published(made_once(tmp_path_factory, "published", write_published))


@pytest.fixture
def copied(published: Published, tmp_path: Path) -> Published:
    """To change."""
    return published.copy(tmp_path / "copied")
