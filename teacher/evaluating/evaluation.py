"""The published protocol: reduce a photo, enlarge it, and compare it with the original."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from pixels.quality.psnr_ssim import Quality, compare, smallest_measurable_px
from pixels.quality.ssimulacra2 import ssimulacra2
from pixels.resize import reduce_photo
from pixels.scale import shave_px
from pixels.sending.codecs import reduce
from pixels.sending.sent import CLEAN, sent
from pixels.stills.files import read_picture, stored_as_grey
from plumbing.command import UserError
from plumbing.names import as_text
from plumbing.progress import track
from teacher.enlarging.runner import Enlarger
from teacher.evaluating.figure import Gallery

MeasuredReduction = Literal["bicubic", "lanczos", "area"]
"""How photos are reduced: MATLAB's `bicubic`, or one of Pillow's filters."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """How close one enlarger came to one original."""

    photo: str
    """File name, or `mean`."""
    model: str
    """Name of the enlarger."""
    quality: Quality
    """Quality of the enlarged photo."""
    input: str = CLEAN
    """What was enlarged, as in `jpeg-75` or `lanczos jpeg-75`."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Enlargers, the photos to measure them on, and how."""

    enlargers: Sequence[Enlarger]
    """With a gallery, all of one scale."""
    photos: Sequence[Path]
    """Files of originals."""
    folder: Path | None = None
    """Folder that photos are named relative to; by default each photo's own folder."""
    reduction: MeasuredReduction = "bicubic"
    """Filter that reduces the photos."""
    ssimulacra2: bool = False
    """Whether to measure SSIMULACRA2 as well, which is slow."""
    gallery: Gallery | None = None
    """Receives each photo and its enlargements."""

    def measure(self, input_name: str = CLEAN) -> list[Measurement]:
        """Measure each enlarger on each photo.

        Args:
            input_name: What happens to the reduced photo, as in `clean` or `jpeg-75`.

        Raises:
            UserError: A photo cannot be read or is too small to measure.
        """
        return [
            measurement
            for path in track(self.photos, "measuring")
            for measurement in self._measure_photo(path, input_name)
        ]

    def _measure_photo(self, path: Path, input_name: str) -> Iterator[Measurement]:
        photo, grey = read_picture(path).rgb, stored_as_grey(path)
        name = as_text(path.relative_to(self.folder or path.parent).as_posix())
        label = input_name if self.reduction == "bicubic" else f"{self.reduction} {input_name}"
        original, results = photo, {}
        for enlarger in self.enlargers:
            scale = enlarger.scale
            need = smallest_measurable_px(scale)
            if min(photo.shape[:2]) < need:
                raise UserError(f"{path} is too small to measure: {need}x{need} pixels are needed")
            reduced, original = reduce_photo(photo, scale)
            if self.reduction != "bicubic":
                reduced = reduce(original, self.reduction, scale)
            enlarged = enlarger.enlarge(sent(reduced, input_name))
            quality = compare(enlarged, original, shave_px=shave_px(scale), grey=grey)
            if self.ssimulacra2:
                quality = replace(quality, ssimulacra2=ssimulacra2(enlarged, original))
            yield Measurement(photo=name, model=enlarger.name, quality=quality, input=label)
            if self.gallery is not None:
                results[enlarger.name] = enlarged
        if self.gallery is not None:
            self.gallery.offer(name, original, results)


def means(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Average over the photos of one input, for each enlarger in order of appearance."""
    result = []
    for model in dict.fromkeys(measurement.model for measurement in measurements):
        of_model = [one for one in measurements if one.model == model]
        qualities = [one.quality for one in of_model]
        looks = [quality.ssimulacra2 for quality in qualities if quality.ssimulacra2 is not None]
        mean = Quality(
            psnr=float(np.mean([quality.psnr for quality in qualities])),
            ssim=float(np.mean([quality.ssim for quality in qualities])),
            ssimulacra2=float(np.mean(looks)) if looks else None,
        )
        result.append(Measurement(photo="mean", model=model, quality=mean, input=of_model[0].input))
    return result
