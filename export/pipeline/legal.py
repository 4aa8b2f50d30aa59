"""Licence and credits as files that travel with a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plumbing.paths import ROOT

LICENCE_FILE, CREDITS_FILE = "LICENSE.txt", "CREDITS.txt"
_OURS = ROOT / "LICENSE"


def write_legal(folder: Path, *, licence: str, credits: str, data: Mapping[str, Any]) -> None:
    """Write LICENSE.txt and CREDITS.txt.

    Args:
        folder: Of the export.
        licence: SPDX name; of MIT the whole text is written.
        credits: Whom the training photos are from; empty where the user did not say.
        data: What the run's record says of them.
    """
    text = f"The weights in this folder are licensed under: {licence}\n"
    if licence == "MIT" and _OURS.is_file():
        text += f"\n{_OURS.read_text(encoding='utf-8')}"
    (folder / LICENCE_FILE).write_text(text, encoding="utf-8")
    said = credits or "Whoever exported this model did not say whom the training photos are from."
    lines = [said, "", "What the training wrote down of them:"]
    lines += [f"  {key}: {value}" for key, value in data.items()]
    (folder / CREDITS_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
