"""Pages that forbid: workers, evaluation, WebAssembly."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.library.pages import STRICT, Opener, run

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]


_ENLARGE_REAL = """
const halfsize = await load(settings, 'demo');
const image = picture(30, 20);
const result = await halfsize.upscale(image, { output: 'imagedata' });
return [halfsize.place, halfsize.backend, halfsize.refused.map(({ backend, reason }) =>
  `${backend}: ${reason}`), [...result.data]];
"""


_WORKERS = [("'self'", "worker"), ("blob:", "worker"), ("'none'", "page")]


def test_a_strict_content_security_policy(opener: Opener, page: Page) -> None:
    free = run(page, f"const settings = {{}};{_ENLARGE_REAL}")[3]
    for workers, expected in _WORKERS:
        strict = opener(Content_Security_Policy=STRICT.format(workers))
        got = run(
            strict,
            """
            const image = picture(30, 20);
            const halfsize = await load();
            const result = await halfsize.upscale(image, { output: 'imagedata' });
            return [halfsize.place, halfsize.backend, wrongAt(image, result)];
            """,
        )
        assert got == [expected, "tfjs-wasm", -1], workers
        # So does the compact runtime.
        place, backend, _, data = run(strict, f"const settings = {{}};{_ENLARGE_REAL}")
        assert (place, backend, data) == (expected, "wasm", free), workers


@pytest.mark.browsers("chromium", "firefox-gpu")
def test_where_a_policy_forbids_wasm(opener: Opener, page: Page) -> None:
    policy = STRICT.format("'self'").replace(" 'wasm-unsafe-eval'", "")
    strict = opener(Content_Security_Policy=policy)
    automatic = f"const settings = {{ backend: 'auto' }};{_ENLARGE_REAL}"
    _, backend, refused, data = run(strict, automatic)
    # GPUs are software here, and not worth it: what is left is the browser's own scaling.
    assert backend == "none"
    (why,) = (line for line in refused if line.startswith("wasm: "))
    assert "unsafe-eval" in why or "blocked by CSP" in why
    assert len(data) == 4 * 60 * 40
    asked = f"const settings = {{ backend: 'webgl2' }};{_ENLARGE_REAL}"
    place, backend, _, on_gpu = run(strict, asked)
    assert (place, backend) == ("worker", "webgl2")
    on_wasm = run(page, f"const settings = {{}};{_ENLARGE_REAL}")[3]
    assert max(abs(a - b) for a, b in zip(on_gpu, on_wasm, strict=True)) <= 1
