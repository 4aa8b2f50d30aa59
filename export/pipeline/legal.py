"""The licence and the credits that travel with a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plumbing.paths import licence_file

LICENCE_FILE, CREDITS_FILE = "LICENSE.txt", "CREDITS.txt"
_NO_CREDITS = "No credits for the training photos were given when this model was exported."


def write_legal(folder: Path, *, licence: str, credits: str, data: Mapping[str, Any]) -> None:
    """Write LICENSE.txt and CREDITS.txt.

    Args:
        folder: The export folder.
        licence: SPDX identifier; for MIT the full text is written.
        credits: Whose photos the network was trained on; empty if the user did not say.
        data: The run's record of those photos.
    """
    text = f"The weights in this folder are licensed under: {licence}\n"
    project_licence = licence_file()
    if licence == "MIT" and project_licence is not None:
        text += f"\n{project_licence.read_text(encoding='utf-8')}"
    (folder / LICENCE_FILE).write_text(text, encoding="utf-8")
    lines = [credits or _NO_CREDITS, "", "The training run recorded of them:"]
    lines += [f"  {key}: {value}" for key, value in data.items()]
    (folder / CREDITS_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
