"""Write the sample photos that come with scikit-image: nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from numpy.typing import NDArray
from skimage import data

from pixels.stills.files import Picture, write_picture
from plumbing.command import run_command
from plumbing.disk import whole_folder
from plumbing.progress import console

HELD_OUT = "coffee"
"""Never trained on: networks trained on the others are measured on it."""

_PHOTOS: dict[str, Callable[[], NDArray[np.uint8]]] = {
    "astronaut": data.astronaut,
    "brick": data.brick,
    "camera": data.camera,
    "chelsea": data.chelsea,
    "coffee": data.coffee,
    "coins": data.coins,
    "grass": data.grass,
    "gravel": data.gravel,
    "motorcycle": lambda: data.stereo_motorcycle()[0],
    "rocket": data.rocket,
}


@dataclass(frozen=True, kw_only=True)
class SamplesConfig:
    """Settings of `python -m pixels.samples`."""

    out: Annotated[Path, tyro.conf.arg(metavar="DIR")]
    """Folder to write: PNG files in `train/` and `held-out/`. Replaced if it exists."""


def sample_photos() -> dict[str, Picture]:
    """Load scikit-image's natural photos by name; grey ones as RGB."""
    photos = {}
    for name, load in _PHOTOS.items():
        pixels = load()
        rgb = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels[..., :3]
        photos[name] = Picture(rgb=np.ascontiguousarray(rgb), alpha=None)
    return photos


def main(config: SamplesConfig) -> None:
    """Run the command."""
    photos = sample_photos()
    with whole_folder(config.out, replace=True) as folder:
        (folder / "train").mkdir()
        (folder / "held-out").mkdir()
        for name, photo in photos.items():
            use = "held-out" if name == HELD_OUT else "train"
            write_picture(folder / use / f"{name}.png", photo)
    console.print(f"wrote {len(photos)} photos to {config.out}, {HELD_OUT} held out")


if __name__ == "__main__":
    run_command(SamplesConfig, main)
