from __future__ import annotations

from plumbing.amounts import in_bytes, in_words


def test_bytes_have_the_unit_that_fits() -> None:
    written = [in_bytes(count) for count in (999, 1500, 123_456, 7e9)]
    assert written == ["999 bytes", "1.5 KB", "123 KB", "7.0 GB"]


def test_durations_have_the_unit_that_fits() -> None:
    assert [in_words(s) for s in (89, 600, 3 * 3600)] == ["89 s", "10 min", "3.0 h"]
