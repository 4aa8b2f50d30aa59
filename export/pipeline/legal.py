"""The licence and the credits that travel with a model."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from plumbing.paths import licence_file
from teacher.runs.released import credits_table

LICENCE_FILE, CREDITS_FILE = "LICENSE.txt", "CREDITS.txt"
_NO_CREDITS = "No credits for the training photos were given when this model was exported."


def write_legal(
    folder: Path, *, licence: str, credits: str, data: Mapping[str, Any], run: Path
) -> None:
    """Write LICENSE.txt and CREDITS.txt.

    Args:
        folder: The export folder.
        licence: SPDX identifier; for MIT the full text is written.
        credits: Whose photos the network was trained on; empty if the user did not say. Of released
            weights it is known.
        data: The run's record of those photos.
        run: The run folder, or the name of released weights.
    """
    text = f"The weights in this folder are licensed under: {licence}\n"
    project_licence = licence_file()
    if licence == "MIT" and project_licence is not None:
        text += f"\n{project_licence.read_text(encoding='utf-8')}"
    (folder / LICENCE_FILE).write_text(text, encoding="utf-8")
    table = credits_table(run)
    lines = [credits] if credits or table else [_NO_CREDITS]
    if table is not None:
        lines += ["Photos that it was trained on, by whom, and under which licence:", ""]
        lines += _photographers(table)
    lines += ["", "The training run recorded of them:"]
    lines += [f"  {key}: {value}" for key, value in data.items()]
    content = "\n".join(lines).strip("\n") + "\n"
    (folder / CREDITS_FILE).write_text(content, encoding="utf-8")


def _photographers(table: Path) -> Iterator[str]:
    """Credit each photo whose photographer is known in a line, the others by their source."""
    others: Counter[str] = Counter()
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            source = row.get("source_url") or row.get("source_repo")
            told = ", ".join(part for part in (row.get("licence"), source) if part)
            if row.get("author"):
                name = PurePosixPath(row.get("source_path") or row["file"]).name
                yield f"- {name} by {row['author']}, {told}"
            else:
                others[told] += 1
    yield from (
        f"- {count} photos whose photographer is not named, {told}"
        for told, count in sorted(others.items())
    )
