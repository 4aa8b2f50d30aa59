"""Flags of the commands that time pictures, before any browser starts."""

from __future__ import annotations

import pytest

from tests.made.commands import command_here


@pytest.mark.parametrize(
    "module", ["tools.bench", "tools.bench_browsers", "tools.bench_runtimes", "tools.engine_bench"]
)
@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--sides", "256", "0"), "sides must be one or more numbers of at least 1 pixel"),
        (("--sides", "-256"), "sides must be one or more numbers of at least 1 pixel"),
        (("--sides",), "sides"),
        (("--sides", "nan"), "sides"),
        (("--repeats", "0"), "repeats must be at least 1, got 0"),
        (("--repeats", "-3"), "repeats must be at least 1, got -3"),
    ],
)
def test_what_cannot_be_timed_is_wrong_usage(
    module: str, flags: tuple[str, ...], sentence: str
) -> None:
    done = command_here(module, *flags)
    assert (done.status, sentence in done.errors) == (2, True), done.errors
    assert "Traceback" not in done.errors


@pytest.mark.parametrize(
    ("module", "flags", "sentence"),
    [
        ("tools.bench", ("--budget-seconds", "nan"), "budget-seconds must be more than 0"),
        ("tools.bench", ("--budget-seconds", "inf"), "budget-seconds must be more than 0"),
        ("tools.bench", ("--budget-seconds", "0"), "budget-seconds must be more than 0"),
        ("tools.bench", ("--backends", "metal"), "backends are"),
        ("tools.bench_browsers", ("--workers", "0"), "workers must be at least 1"),
        ("tools.bench_runtimes", ("--first-only", "--backend", "webgpu"), "first-only is for"),
    ],
)
def test_flags_of_one_command(module: str, flags: tuple[str, ...], sentence: str) -> None:
    done = command_here(module, *flags)
    assert (done.status, sentence in done.errors) == (2, True), done.errors
