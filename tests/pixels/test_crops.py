"""`python -m pixels.crops` as a user meets it."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from pixels.store.build import open_or_build_store
from tests.made.commands import command_here
from tests.made.photos import write_photos


def test_the_rate_is_printed_and_bad_input_reported(tmp_path: Path) -> None:
    paths = sorted(write_photos(tmp_path / "in", [(60, 90), (84, 44)]).iterdir())
    store = open_or_build_store(paths, tmp_path, scale=Fraction(2), smallest_px=8).folder
    quick = ("--store", store, "--crop-px", "16", "--seconds", "0.05")
    done = command_here("pixels.crops", *quick)
    assert done.status == 0, done.errors
    rate = re.fullmatch(r"(\d+) crops per second \(reduced, full; 16 px\)\n", done.output)
    assert rate is not None
    assert int(rate[1]) > 100
    wide = command_here("pixels.crops", "--store", store)
    assert "--crop-px 48 is too large: the smallest reduced photo has 22" in wide.sentence()
    assert "layer web is missing" in command_here("pixels.crops", *quick, "--layers", "web").errors
    assert "not a complete photo store" in command_here("pixels.crops", "--store", tmp_path).errors
    assert command_here("pixels.crops", *quick, "--seconds", "0").status == 2
