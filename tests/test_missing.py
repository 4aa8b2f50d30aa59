"""A browser that is missing skips the tests that need it, and fails them where CI is set."""

from __future__ import annotations

import pytest

from plumbing.command import UserError
from tests.made.browsers import KINDS, SharedBrowsers
from tests.missing import require_module, skip_or_fail
from tools.mini_browser import open_mini_browser


@pytest.fixture(params=["", "1"], ids=["at home", "in CI"])
def outcome(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[BaseException]:
    """What must be raised."""
    monkeypatch.setenv("CI", request.param)
    return pytest.fail.Exception if request.param else pytest.skip.Exception


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_missing_browser_is_a_sentence(
    kind: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HALFSIZE_CHROMIUM", "/nowhere/chromium")
    monkeypatch.setenv("HALFSIZE_FIREFOX", "/nowhere/firefox")
    browsers = SharedBrowsers()
    with pytest.raises(UserError, match=r"no .* found|does not start") as raised:
        browsers.get(kind)
    browsers.close()
    with pytest.raises(outcome, match=r"found|does not start"):
        skip_or_fail(str(raised.value))


def test_a_missing_webkit_is_a_sentence(
    outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="no WebKitGTK") as raised, open_mini_browser():
        pass
    with pytest.raises(outcome, match="webkit2gtk-driver"):
        skip_or_fail(str(raised.value))


def test_a_missing_module_is_a_sentence(outcome: type[BaseException]) -> None:
    with pytest.raises(outcome, match="nowhere_to_be_found is not installed: pip install it"):
        require_module("nowhere_to_be_found", "pip install it")
