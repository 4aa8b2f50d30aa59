"""The export folder of a made student in whole numbers, for a page to load."""

from __future__ import annotations

import json
from pathlib import Path

from export.compact.form import write_integer
from export.folder.card import CARD
from teacher.networks.compact_file import FILE
from teacher.networks.integer.weights import IntegerChainWeights
from tests.browser.stand_in import write_card


def write_student(folder: Path, weights: IntegerChainWeights) -> None:
    """Write file and card into a new folder."""
    config = weights.config
    folder.mkdir()
    write_integer(folder / FILE, weights)
    margin_px = (config.body + 2) * config.scale.denominator
    write_card(folder, margin_px=margin_px, colour=config.colour, scale=config.scale)
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    (folder / CARD).write_text(json.dumps({**card, "arithmetic": "integer"}), encoding="utf-8")
