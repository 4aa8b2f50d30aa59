"""One browser for all tests of a process."""

from __future__ import annotations

from contextlib import ExitStack

from playwright.sync_api import Browser

from export.check.browser import open_browser


class SharedBrowser:
    """Starts a browser when a test first needs one, and again after it was closed."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._browser: Browser | None = None

    def get(self) -> Browser:
        """Give the browser.

        Raises:
            UserError: There is no browser on this machine.
        """
        if self._browser is not None and not self._browser.is_connected():
            self.close()
        if self._browser is None:
            self._browser = self._stack.enter_context(open_browser())
        return self._browser

    def close(self) -> None:
        """Close the browser, if it is open."""
        self._browser = None
        self._stack.close()


SHARED = SharedBrowser()
