"""The model card that travels with every export: `halfsize.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from export.check.results import worst_by_runtime
from export.folder.card import CARD, FORMATS, Arithmetics
from export.pipeline.job import Attempt, Job
from export.weights.precision import BUDGET_DB, Loss
from pixels.scale import scale_json
from plumbing.disk import gzip_size, sha256_of
from teacher.networks.integer.chain import IntegerChain
from teacher.networks.registry import Network, macs_per_output_pixel, parameter_count
from teacher.networks.settings import settings_of

_REFERENCES: dict[Arithmetics, str] = {
    "float": "PyTorch, float32",
    "integer": "PyTorch, whole numbers: equal bytes",
}


def arithmetic_of(network: Network) -> Arithmetics:
    """Say whether a network computes in floats or in whole numbers."""
    return "integer" if isinstance(network, IntegerChain) else "float"


def write_card(folder: Path, job: Job, chosen: Attempt, model_files: Sequence[str]) -> None:
    """Describe an export folder that is otherwise complete.

    Args:
        folder: Holds the model's files, golden vectors, licence and credits.
        job: The network, its record, and the cost of each precision.
        chosen: The precision that was taken, with its checks, all passed.
        model_files: Names of the files that a reader downloads; the card lists the others apart.
    """
    network, record, config = job.network, job.record, job.config
    others = sorted({path.name for path in folder.iterdir()} - {CARD, *model_files})
    card = {
        "format": FORMATS[network.scale.denominator > 1],
        "name": config.run.name,
        "network": {"name": network.name, **settings_of(network.config)},
        "arithmetic": arithmetic_of(network),
        "scale": scale_json(network.scale),
        "margin_px": network.margin_px,
        "align_px": network.align_px,
        "colour": network.config.colour,
        "parameters": parameter_count(network),
        "macs_per_output_pixel": macs_per_output_pixel(network),
        "weights": {
            "precision": chosen.precision,
            "tried": [_cost(loss) for loss in job.losses],
            "refused": job.refused,
            "judged_on": job.photos.source if job.losses else None,
        },
        "files": {name: _describe(folder / name) for name in model_files},
        "other_files": {name: _describe(folder / name) for name in others},
        "agreement": {
            "reference": _REFERENCES[arithmetic_of(network)],
            "checks": len(chosen.results),
            "browser": config.browser,
            "worst": [
                {**asdict(worst), "checks": count}
                for worst, count in worst_by_runtime(chosen.results)
            ],
            "not_checked": chosen.not_checked,
        },
        "quality": {"benchmark": "validation photos of the training run", **record.metrics},
        "data": {**record.data, "credits": config.credits},
        "git_commit": record.git_commit,
        "run_weights_sha256": record.weights_sha256,
        "licence": config.licence,
    }
    (folder / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def _cost(loss: Loss) -> dict[str, float | int | str]:
    return {
        "precision": loss.weights,
        "bytes": loss.bytes_,
        "psnr_db": round(loss.psnr_db, 4),
        "loss_db": round(loss.loss_db, 4),
        "allowed_db": BUDGET_DB[loss.weights],
    }


def _describe(path: Path) -> dict[str, int | str]:
    content = path.read_bytes()
    return {
        "bytes": len(content),
        "gzip_bytes": gzip_size(content),
        "sha256": sha256_of(path),
    }
