"""Measure how many training crops per second can be read from a store."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pixels.store.store import PhotoStore
from plumbing.command import UserError, run_command
from plumbing.progress import busy

_BATCH = 16


@dataclass(frozen=True, kw_only=True)
class CropsConfig:
    """Settings of `python -m pixels.crops`."""

    store: Path
    """Folder of the store."""
    layers: tuple[str, ...] = ("reduced", "full")
    """Layers to cut crops from; `web` instead of `reduced` if the store has it."""
    crop_px: int = 48
    """Side of a crop in the reduced photo, in pixels."""
    seconds: float = 5.0
    """Seconds to measure, after one second of warm-up."""

    def __post_init__(self) -> None:
        if self.crop_px < 1 or not self.seconds > 0.0 or not self.layers:
            raise ValueError("crop-px must be at least 1, seconds above 0, and layers not empty")


def main(config: CropsConfig) -> None:
    """Run the command."""
    store = PhotoStore(config.store, "train")
    if not store.photos:
        raise UserError(f"{config.store} holds no photo to train on")
    smallest = min(min(photo.height, photo.width) for photo in store.photos)
    if smallest < config.crop_px:
        raise UserError(
            f"--crop-px {config.crop_px} is too large: the smallest reduced photo has {smallest} "
            "pixels a side"
        )
    rng = np.random.default_rng(0)
    with busy("cutting crops"):
        _cut(store, rng, config, 1.0)
        rate = _cut(store, rng, config, config.seconds)
    print(f"{rate:.0f} crops per second ({', '.join(config.layers)}; {config.crop_px} px)")


def _cut(store: PhotoStore, rng: np.random.Generator, config: CropsConfig, seconds: float) -> float:
    """Measure crops per second, on one core."""
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        store.crops(rng, _BATCH, config.crop_px, config.layers)
        count += _BATCH
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    run_command(CropsConfig, main)
