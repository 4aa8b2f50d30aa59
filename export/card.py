"""The model card that travels with every export: `halfsize.json`."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from export.agreement import Agreement, worst_by_runtime
from pixels.disk import sha256_of
from teacher.checkpoint import RunRecord
from teacher.networks import Network, macs_per_output_pixel, parameter_count

FORMAT = 1
CARD = "halfsize.json"


def write_card(
    folder: Path,
    *,
    name: str,
    network: Network,
    record: RunRecord,
    agreement: Sequence[Agreement],
    missing: Sequence[str],
    licence: str,
    credits: str,
) -> None:
    """Describe an export folder that is otherwise complete.

    Args:
        folder: Holds the model's files.
        name: Name of the run.
        network: The network.
        record: Its run's record.
        agreement: All checks, all good.
        missing: Runtimes that could not be checked here.
        licence: Licence of the weights.
        credits: Whom the training photos are from.
    """
    files = sorted(path for path in folder.iterdir() if path.name != CARD)
    colour = getattr(network.config, "colour", "rgb")
    card = {
        "format": FORMAT,
        "name": name,
        "network": {"name": network.name, **asdict(network.config)},
        "scale": network.scale,
        "margin_px": network.margin_px,
        "colour": colour,
        "parameters": parameter_count(network),
        "macs_per_output_pixel": macs_per_output_pixel(network),
        "files": {path.name: _describe(path) for path in files},
        "agreement": {
            "reference": "PyTorch, float32",
            "checks": len(agreement),
            "worst": [asdict(result) for result in worst_by_runtime(agreement)],
            "not_checked": list(missing),
        },
        "quality": {"benchmark": "validation photos of the training run", **record.metrics},
        "data": {**record.data, "credits": credits},
        "git_commit": record.git_commit,
        "licence": licence,
    }
    (folder / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def _describe(path: Path) -> dict[str, int | str]:
    content = path.read_bytes()
    return {
        "bytes": len(content),
        "gzip_bytes": len(gzip.compress(content, compresslevel=9, mtime=0)),
        "sha256": sha256_of(path),
    }
