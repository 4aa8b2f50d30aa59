"""SSIMULACRA2: how similar two pictures look to people.

The package `ssimulacra2` provides the constants and is the reference of the tests, but takes about
a second a megapixel. Here an original is prepared once for many pictures, arithmetic is in float32
as in the original C++ program, and terms of weight 0 are skipped.

Source: Jon Sneyers, "SSIMULACRA 2", Cloudinary, 2022
(https://github.com/cloudinary/ssimulacra2): SSIM and two edge terms on XYB at six scales, each as
a mean and a 4-norm over the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ssimulacra2.ssimulacra2 import (
    kB0,
    kC2,
    kNumScales,
    kOpsinAbsorbanceMatrix,
    srgb_to_linear,
    weights,
)

from pixels.quality.gaussian import blur
from pixels.quality.judge import SMALLEST_PX, Measure, require_same_shape, require_side

_Plane = NDArray[np.float32]

_LINEAR = srgb_to_linear(np.arange(256)).astype(np.float32)
_MATRIX = kOpsinAbsorbanceMatrix.reshape(3, 3).astype(np.float32)
_BIAS = np.float32(kB0)
_BIAS_ROOT = np.float32(np.cbrt(kB0))


MEASURE = Measure(
    name="SSIMULACRA2",
    unit="points",
    larger_is_better=True,
    identical=100.0,
    doubtful=10.0,
    decimals=1,
)
"""At 90 differences are hardly visible; 70 is good, 50 fair; about 10 is what the lowest settings
of codecs give, and below it the scale has no anchors."""


@dataclass(frozen=True)
class Ssimulacra2:
    """Judges pictures pixel by pixel, on no particular screen (`pixels.quality.judge.Judge`)."""

    @property
    def measure(self) -> Measure:
        """What its scores mean."""
        return MEASURE

    @property
    def seconds_per_megapixel(self) -> float:
        """Roughly how long a score takes on one core, once the original is prepared."""
        return 0.2

    @property
    def description(self) -> str:
        """The measure as a report names it."""
        return "SSIMULACRA2"

    def original(self, photo: NDArray[np.uint8]) -> Reference:
        """Prepare a photo, (height, width, 3) sRGB, 0 to 255.

        Raises:
            ValueError: A side has fewer than 8 pixels.
        """
        return Reference(photo)


def ssimulacra2(image: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Score a picture against the original.

    Args:
        image: (height, width, 3) sRGB, 0 to 255.
        truth: The same shape.

    Returns:
        At most 100, for equal pictures. At 90 differences are hardly visible; 70 is good, 50 fair,
        and very different pictures are below 0.

    Raises:
        ValueError: The shapes differ.
    """
    return Reference(truth).score(image)


@dataclass(frozen=True)
class _Prepared:
    """One channel of the original at one scale."""

    plane: _Plane
    mean: _Plane
    variance: _Plane | None
    """None if the SSIM terms have no weight."""


class Reference:
    """An original, prepared once to score many pictures against it.

    Takes about 50 bytes per pixel.
    """

    def __init__(self, truth: NDArray[np.uint8]) -> None:
        """Prepare an original, (height, width, 3) sRGB, 0 to 255.

        Raises:
            ValueError: A side has fewer than 8 pixels.
        """
        require_side(truth)
        self._shape = truth.shape
        scales = _pyramid(truth)
        self._weights = _weights(len(scales))
        self._channels: dict[tuple[int, int], _Prepared] = {}
        for scale, planes in enumerate(scales):
            for channel, plane in enumerate(planes):
                if not self._weights[channel, scale].any():
                    continue
                mean = _blur(plane)
                variance = None
                if self._weights[channel, scale, :, 0].any():
                    variance = _blur(plane * plane) - mean * mean
                self._channels[channel, scale] = _Prepared(plane, mean, variance)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the original."""
        return self._shape[0], self._shape[1]

    def score(self, shown: NDArray[np.uint8]) -> float:
        """Score a picture of the same size, as the function `ssimulacra2` does.

        Raises:
            ValueError: The shapes differ.
        """
        require_same_shape(shown, self._shape)
        total = 0.0
        for scale, planes in enumerate(_pyramid(shown)):
            for channel, plane in enumerate(planes):
                prepared = self._channels.get((channel, scale))
                if prepared is not None:
                    norms = _norms(prepared, plane)
                    total += float((self._weights[channel, scale] * norms).sum())
        return _on_scale(total)


def _weights(scales: int) -> NDArray[np.float64]:
    """Return the weights as (X, Y, B) x scales x (mean, 4-norm) x (SSIM, artefacts, lost detail).

    A small picture has fewer scales, and takes its weights from the front of the list.
    """
    return weights[: 18 * scales].reshape(3, scales, 2, 3)


def _on_scale(difference: float) -> float:
    """Map the weighted differences to the scale of people's ratings."""
    x = difference * 0.9562382616834844
    x = 2.326765642916932 * x - 0.020884521182843837 * x**2 + 6.248496625763138e-05 * x**3
    return 100.0 - 10.0 * x**0.6276336467831387 if x > 0.0 else 100.0


def _norms(original: _Prepared, plane: _Plane) -> NDArray[np.float64]:
    """Return mean and 4-norm (rows) of SSIM error, artefacts and lost detail (columns)."""
    mean = _blur(plane)
    result = np.zeros((2, 3))
    if original.variance is not None:
        covariance = _blur(original.plane * plane) - original.mean * mean
        variances = _blur(plane * plane) - mean * mean + original.variance + np.float32(kC2)
        likeness = 2.0 * covariance + np.float32(kC2)
        likeness *= 1.0 - (original.mean - mean) ** 2
        likeness /= variances
        result[:, 0] = _mean_and_norm(np.maximum(1.0 - likeness, 0.0))
    edges = (1.0 + np.abs(plane - mean)) / (1.0 + np.abs(original.plane - original.mean)) - 1.0
    result[:, 1] = _mean_and_norm(np.maximum(edges, 0.0))
    result[:, 2] = _mean_and_norm(np.maximum(-edges, 0.0))
    return result


def _mean_and_norm(error: _Plane) -> tuple[float, float]:
    mean = float(error.mean(dtype=np.float64))
    error *= error
    error *= error
    return mean, float(error.mean(dtype=np.float64)) ** 0.25


def _pyramid(image: NDArray[np.uint8]) -> list[_Plane]:
    """Return the picture in XYB, (3, height, width), at each scale; halved in linear light."""
    linear = _LINEAR[image.transpose(2, 0, 1)]
    scales = []
    for _ in range(kNumScales):
        if min(linear.shape[1:]) < SMALLEST_PX:  # such scales are skipped
            break
        scales.append(_colours(linear))
        linear = _halved(linear)
    return scales


def _colours(linear: _Plane) -> _Plane:
    """Convert linear RGB to XYB, with each channel shifted to be positive."""
    mixed = (_MATRIX @ linear.reshape(3, -1)).reshape(linear.shape) + _BIAS
    roots = np.cbrt(np.maximum(mixed, 0.0)) - _BIAS_ROOT
    x, y = 0.5 * (roots[0] - roots[1]), 0.5 * (roots[0] + roots[1])
    return np.stack([x * 14.0 + 0.42, y + 0.01, roots[2] - y + 0.55])


def _halved(linear: _Plane) -> _Plane:
    height, width = linear.shape[1:]
    linear = np.pad(linear, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    rows = linear[:, ::2] + linear[:, 1::2]
    return (rows[:, :, ::2] + rows[:, :, 1::2]) * np.float32(0.25)


def _blur(plane: _Plane) -> _Plane:
    return blur(plane, "ssimulacra2")
