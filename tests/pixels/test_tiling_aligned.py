"""Tiles for networks that cut their own windows."""

from __future__ import annotations

import pytest

from pixels.tiling import plan_spans


@pytest.mark.parametrize("length", [1, 47, 48, 49, 50, 51, 52, 100, 1001])
@pytest.mark.parametrize(("tile", "margin", "align"), [(48, 12, 4), (36, 8, 4), (30, 6, 3)])
def test_aligned_spans_keep_every_pixel_once(
    length: int, tile: int, margin: int, align: int
) -> None:
    spans = plan_spans(length, tile, margin, align)
    kept = [pixel for span in spans for pixel in range(span.keep_start, span.keep_end)]
    assert kept == list(range(length))
    for span in spans:
        assert span.read_start % align == 0
        assert span.read_start == 0 or span.keep_start - span.read_start >= margin
        assert span.read_end == length or span.read_end - span.keep_end >= margin
        assert tile - align < span.read_end - span.read_start <= tile or len(spans) == 1


def test_an_alignment_that_does_not_fit_is_reported() -> None:
    with pytest.raises(ValueError, match="must divide"):
        plan_spans(100, 48, 12, 5)
