"""The pictures that exports are checked on: every kind at every awkward size, and photos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.color import studio_luma
from pixels.quality.psnr_ssim import psnr
from pixels.resize import resize
from pixels.scale import shave_px
from pixels.stills.files import read_picture
from pixels.stills.listing import list_pictures
from pixels.tiling import Enlarge
from plumbing.command import UserError

Pixels = NDArray[np.float32]

SMALL_SIZES = ((1, 1), (2, 3), (37, 53), (1, 512))
LARGE_PX = 256
_PHOTO_PX = 192  # of the originals whose halves are enlarged, at scale 2
_EVERY = 3  # every third photo is for checking, the others are for calibration
_MOST_PHOTOS = 12


def to_batch(image: NDArray[np.uint8]) -> Pixels:
    """(height, width, 3), 0 to 255 -> (1, 3, height, width) in [0, 1]."""
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32) / np.float32(255.0)


def make_picture(kind: str, height: int, width: int) -> Pixels:
    """Make one check picture: (1, 3, height, width) in [0, 1].

    Flat grey reveals a wrong border, a ramp a wrong phase, noise everything else; a checkerboard
    causes the largest values inside a network, and a photo is what users will see.
    """
    y, x = np.indices((height, width), dtype=np.float32)
    match kind:
        case "flat":
            planes = np.full((3, height, width), 0.5, np.float32)
        case "ramp":
            across, down = x / max(1, width - 1), y / max(1, height - 1)
            planes = np.stack([across, down, (across + down) / 2])
        case "noise":
            rng = np.random.default_rng(height * 1000 + width)
            planes = rng.random((3, height, width), dtype=np.float32)
        case "checkerboard":
            planes = np.repeat(((x + y) % 2)[None], 3, axis=0)
        case _:
            return to_batch(resize(_astronaut(), (height, width)))
    return np.ascontiguousarray(planes[None], dtype=np.float32)


KINDS = ("flat", "ramp", "noise", "checkerboard", "photo")


@lru_cache(maxsize=1)
def check_pictures() -> dict[str, Pixels]:
    """Make every kind at every size, (1, 3, height, width) in [0, 1], by name."""
    sizes = (*SMALL_SIZES, (LARGE_PX, LARGE_PX))
    return {f"{kind} {y}x{x}": make_picture(kind, y, x) for y, x in sizes for kind in KINDS}


@lru_cache(maxsize=1)
def check_batches() -> dict[str, Pixels]:
    """Make batches of three different images, for runtimes that take batches."""
    return {
        f"3 images {y}x{x}": np.concatenate(
            [make_picture(kind, y, x) for kind in ("noise", "photo", "ramp")]
        )
        for y, x in ((1, 1), (37, 53))
    }


def tiled_picture(tile: int, align: int) -> NDArray[np.uint8]:
    """Make a photo of two by two tiles, (height, width, 3): enough for every kind of seam."""
    size = (tile + 9 * align, tile + 13 * align)
    return resize(_astronaut(), size)


@dataclass(frozen=True, kw_only=True)
class CheckPhotos:
    """Photos on which quantised weights are calibrated and judged."""

    calibration: list[Pixels]
    """Small pictures, (1, 3, height, width) in [0, 1]."""
    checks: list[tuple[Pixels, NDArray[np.uint8]]]
    """Other small pictures, whose sides are multiples of `down`, each with its original, (height,
    width, 3)."""
    source: str
    """Where the photos come from, for the card."""

    def psnr(self, run: Enlarge, scale: Fraction) -> float:
        """Measure the mean PSNR in dB: luma, 8-bit output, `shave_px` pixels off each side."""
        values, shaved = [], shave_px(scale)
        for small, truth in self.checks:
            output = np.nan_to_num(run(small)[0].transpose(1, 2, 0), nan=0.0, posinf=1.0)
            rounded = np.floor(output.clip(0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
            inner = (slice(shaved, -shaved),) * 2
            values.append(psnr(studio_luma(rounded)[inner], studio_luma(truth)[inner]))
        return float(np.mean(values))


def load_check_photos(folder: Path | None, scale: Fraction) -> CheckPhotos:
    """Read photos, crop their centres and reduce them.

    Args:
        folder: The user's photos; None for scikit-image's samples.
        scale: Scale of the network.

    Raises:
        UserError: Fewer than two of the pictures are large enough.
    """
    small_px = _PHOTO_PX // 2  # a multiple of every `down`
    side = int(small_px * scale)
    centres = []
    for photo in _photos(folder):
        height, width = photo.shape[:2]
        if min(height, width) >= side:
            top, left = (height - side) // 2, (width - side) // 2
            centres.append(np.ascontiguousarray(photo[top : top + side, left : left + side]))
        if len(centres) == _MOST_PHOTOS:
            break
    if len(centres) < 2:
        raise UserError(
            f"--photos {folder}: needs two or more photos of at least {side}x{side} pixels, "
            f"found {len(centres)}"
        )
    pairs = [(to_batch(resize(truth, (small_px, small_px))), truth) for truth in centres]
    return CheckPhotos(
        calibration=[small for small, _ in pairs[1::_EVERY] + pairs[2::_EVERY]],
        checks=pairs[::_EVERY],
        source="photos from scikit-image" if folder is None else f"{len(pairs)} of the user's",
    )


def _photos(folder: Path | None) -> Iterator[NDArray[np.uint8]]:
    if folder is None:
        from pixels.samples import sample_photos

        yield from (picture.rgb for picture in sample_photos().values())
        return
    for path in list_pictures(folder):
        yield read_picture(path).rgb


def _astronaut() -> NDArray[np.uint8]:
    from skimage import data

    return np.ascontiguousarray(data.astronaut())
