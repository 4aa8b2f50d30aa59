"""What a test needs and this machine lacks: the test is skipped, or fails where CI is set."""

from __future__ import annotations

import importlib.util
import os
from typing import NoReturn

import pytest

from plumbing.paths import DIST


def skip_or_fail(sentence: str) -> NoReturn:
    """Skip the running test, with a sentence that says what is missing.

    Where CI is set it fails: there nothing may pass because it was not run.
    """
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


def require_module(name: str, how_to_get_it: str) -> None:
    """Skip or fail the running test where a module is not installed."""
    if importlib.util.find_spec(name) is None:
        skip_or_fail(f"{name} is not installed: {how_to_get_it}")


def require_page_library() -> None:
    """Skip or fail the test where the page's library is not built."""
    if not (DIST / "halfsize.js").is_file():
        skip_or_fail("the page's library is not built: make web")
