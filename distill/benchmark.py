"""Measure students photo by photo, so that two of them can be compared in pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.quality.psnr_ssim import luma_psnr, smallest_measurable_px
from pixels.quality.ssimulacra2 import ssimulacra2
from pixels.resize import reduce_photo
from pixels.scale import shave_px
from pixels.sending.sent import CLEAN, sent
from pixels.stills.files import read_picture, stored_as_grey
from pixels.stills.listing import list_pictures
from plumbing.command import UserError
from plumbing.names import as_text
from teacher.training.data import DegradationKind

# The middle of the qualities that sites send.
_SENT = {"clean": CLEAN, "web": "jpeg-75", "fine": "jpeg-85"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """One photo of a benchmark."""

    name: str
    """File name."""
    reduced: NDArray[np.uint8]
    """The network's input."""
    original: NDArray[np.uint8]
    """The expected output."""
    grey: bool
    """Whether the file has a single channel."""


def load_benchmark(folder: Path, scale: Fraction, degradation: DegradationKind) -> list[Sample]:
    """Read and reduce the photos of a folder.

    Args:
        folder: Holds the original photos.
        scale: Ratio of the original to the reduced size.
        degradation: All are reduced by bicubic, as for published tables; `web` and `fine` are then
            compressed as JPEG of quality 75 and 85.

    Raises:
        UserError: A photo cannot be read or is too small to measure.
    """
    samples = []
    for path in list_pictures(folder):
        photo = read_picture(path).rgb
        if min(photo.shape[:2]) < smallest_measurable_px(scale):
            raise UserError(
                f"{path} is too small to measure: it needs {smallest_measurable_px(scale)} pixels "
                "a side"
            )
        reduced, original = reduce_photo(photo, scale)
        reduced = sent(reduced, _SENT[degradation])
        grey = stored_as_grey(path)
        samples.append(
            Sample(name=as_text(path.name), reduced=reduced, original=original, grey=grey)
        )
    return samples


def psnr_of(
    enlarge: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], samples: Sequence[Sample]
) -> list[float]:
    """Measure the PSNR of each photo on luma, in dB, by the published protocol."""
    return [
        luma_psnr(
            enlarge(sample.reduced),
            sample.original,
            shave_px=shave_px(Fraction(sample.original.shape[0], sample.reduced.shape[0])),
            grey=sample.grey,
        )
        for sample in samples
    ]


def ssimulacra2_of(
    enlarge: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], samples: Sequence[Sample]
) -> list[float]:
    """Measure the SSIMULACRA2 of each photo, at most 100."""
    return [ssimulacra2(enlarge(sample.reduced), sample.original) for sample in samples]
