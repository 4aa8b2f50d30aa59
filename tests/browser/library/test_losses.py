"""What goes wrong on the way: lost contexts, full memory, backends that lie."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.library.pages import Opener, run

pytestmark = [pytest.mark.browser, pytest.mark.browsers("chromium", "firefox")]


@pytest.mark.alone
def test_an_abort_is_prompt_and_typed(page: Page) -> None:
    got = run(
        page,
        """
        const halfsize = await load({ backend: 'cpu' }, 'demo');
        const abort = new AbortController();
        let at = 0;
        const done = problem(halfsize.upscale(picture(300, 300), {
          signal: abort.signal,
          onProgress: () => { at ||= performance.now(); abort.abort('enough'); },
        }));
        const error = await done;
        const took = performance.now() - at;
        const early = await problem(halfsize.upscale(picture(9, 9), { signal: abort.signal }));
        const loading = await problem(load({ signal: AbortSignal.abort() }));
        const after = await halfsize.upscale(picture(4, 4), { output: 'imagedata' });
        return { error, early, loading, took, width: after.width };
        """,
    )
    codes = [got[name]["code"] for name in ("error", "early", "loading")]
    assert codes == ["Aborted"] * 3
    assert got["took"] < 3000  # all of it takes many times as long
    assert got["width"] == 8


@pytest.mark.browsers("chromium", "firefox-gpu")
def test_a_lost_webgl_context_is_overcome_with_smaller_tiles(opener: Opener) -> None:
    page = opener(
        hook="""
        (() => { // the context is lost when it is read the sixth time
          const original = OffscreenCanvas.prototype.getContext;
          let reads = 0;
          self.addEventListener('message', ({ data }) => {
            self.busy ||= data.kind === 'upscale';
          });
          OffscreenCanvas.prototype.getContext = function (...args) {
            const context = original.apply(this, args);
            if (context && args[0] === 'webgl2' && !context.watched) {
              context.watched = true;
              const read = context.readPixels.bind(context);
              context.readPixels = (...pixels) => {
                const lose = context.getExtension('WEBGL_lose_context');
                if (self.busy && ++reads === 6) lose.loseContext();
                return read(...pixels);
              };
            }
            return context;
          };
        })();
        """
    )
    got = run(
        page,
        """
        const halfsize = await load({ backend: 'webgl', tilePx: 32 });
        const image = picture(120, 100);
        const result = await halfsize.upscale(image, { output: 'imagedata' });
        return [halfsize.backend, halfsize.last.tilePx, wrongAt(image, result)];
        """,
    )
    assert got == ["tfjs-webgl", 16, -1]


_NO_MEMORY = """
(() => { // once there is a picture, no array of more floats than this fits into memory
  self.addEventListener('message', ({ data }) => { self.busy ||= data.kind === 'upscale'; });
  const Floats = Float32Array;
  self.Float32Array = class extends Floats {
    constructor(length, ...rest) {
      if (typeof length === 'number' && self.busy && length > LIMIT)
        throw new RangeError('allocation failed');
      super(length, ...rest);
    }
    static get [Symbol.species]() { return Floats; }
  };
})();
"""


def test_out_of_memory_halves_the_tiles(opener: Opener) -> None:
    page = opener(hook=_NO_MEMORY.replace("LIMIT", str(40 * 40 * 3 * 4)))
    got = run(
        page,
        """
        const halfsize = await load({ tilePx: 200 });
        const image = picture(210, 205);
        const result = await halfsize.upscale(image, { output: 'imagedata' });
        return [halfsize.last.tilePx, wrongAt(image, result)];
        """,
    )
    assert got == [50, -1]


def test_without_any_memory_the_error_says_what_to_do(opener: Opener) -> None:
    page = opener(hook=_NO_MEMORY.replace("LIMIT", "100"))
    got = run(page, "return problem((await load()).upscale(picture(40, 40)));")
    assert got["code"] == "OutOfMemory" and got["typed"]
    assert "smaller picture" in got["message"]


@pytest.mark.browsers("chromium")  # no matter of the browser
def test_a_backend_that_lies_is_refused(page: Page) -> None:
    got = run(
        page,
        """
        const honest = await load({}, 'golden/');
        const error = await problem(load({}, 'lying/'));
        const none = await Halfsize.load('lying/');
        const result = await none.upscale(picture(5, 4));
        return { checked: honest.checked, error, backend: none.backend, width: result.width,
                 refused: none.refused.map(({ reason }) => reason) };
        """,
    )
    assert got["checked"] is True
    assert got["error"]["code"] == "NoBackend" and "computes wrongly" in got["error"]["message"]
    # All refused: the browser's own scaling, and the caller can see it.
    assert (got["backend"], got["width"]) == ("none", 10)
    assert len(got["refused"]) == 4 and any("computes wrongly" in why for why in got["refused"])
