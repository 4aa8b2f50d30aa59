"""SSIMULACRA2: how similar two pictures look to people.

The package `ssimulacra2` is the reference of the tests, but takes about a second a megapixel, and
needs SciPy. Here an original is prepared once for many pictures, arithmetic is in float32 as in the
original C++ program, terms of weight 0 (67 of 108) are skipped, and work is done in strips of rows
that stay in a core's cache. The constants beside this module are those of the package.

Source: Jon Sneyers, "SSIMULACRA 2", Cloudinary, 2022
(https://github.com/cloudinary/ssimulacra2): SSIM and two edge terms on XYB at six scales, each as
a mean and a 4-norm over the picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.quality.gaussian import RADIUS_PX, WANG
from pixels.quality.judge import SMALLEST_PX, Measure, require_same_shape, require_side

_Plane = NDArray[np.float32]

_MODEL = json.loads((Path(__file__).parent / "ssimulacra2.json").read_text(encoding="utf-8"))
SCALES: int = _MODEL["scales"]
"""How often a picture is halved, and once more."""
MATRIX: list[list[float]] = _MODEL["opsin_absorbance"]
"""From linear RGB to what the eye's receptors absorb: 3 x 3."""
BIAS: float = _MODEL["opsin_bias"]
"""Added to that before the cube root."""
C2: float = _MODEL["c2"]
"""The constant that keeps SSIM's denominator above 0."""
_WEIGHTS = np.array(_MODEL["weights"])

_SRGB = np.arange(256) / 255.0
_LINEAR = np.where(_SRGB <= 0.04045, _SRGB / 12.92, ((_SRGB + 0.055) / 1.055) ** 2.4).astype(
    np.float32
)
_MATRIX = np.array(MATRIX, np.float32)
_BIAS = np.float32(BIAS)
_BIAS_ROOT = np.float32(np.cbrt(BIAS))
_ONE, _TWO, _C2 = np.float32(1.0), np.float32(2.0), np.float32(C2)

# Arrays of this many pixels stay in a core's cache, a dozen at a time.
_STRIP_PIXELS = 1 << 15
_FEWEST_ROWS = 32  # what a blur computes at once


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
        return 0.1

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
    """One channel of the original at one scale; what has no weight is None."""

    plane: _Plane | None
    """Padded for the blur."""
    mean: _Plane | None
    variance: _Plane | None
    edges: _Plane
    """1 + the distance from the mean."""


class Reference:
    """An original, prepared once to score many pictures against it.

    Takes about 40 bytes per pixel.
    """

    def __init__(self, truth: NDArray[np.uint8]) -> None:
        """Prepare an original, (height, width, 3) sRGB, 0 to 255.

        Raises:
            ValueError: A side has fewer than 8 pixels.
        """
        require_side(truth)
        self._shape = truth.shape
        scales = list(_pyramid(truth))
        self._weights = term_weights(len(scales))
        self._channels: dict[tuple[int, int], _Prepared] = {}
        for scale, planes in enumerate(scales):
            for channel, plane in enumerate(planes):
                weights = self._weights[channel, scale]
                if weights.any():
                    compared = bool(weights[:, 0].any())
                    self._channels[channel, scale] = _prepared(plane, compared=compared)

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
                    weights = self._weights[channel, scale]
                    total += float((weights * _norms(prepared, plane, weights)).sum())
        return on_scale(total)


def term_weights(scales: int) -> NDArray[np.float64]:
    """Return the weights as (X, Y, B) x scales x (mean, 4-norm) x (SSIM, artefacts, lost detail).

    A small picture has fewer scales, and takes its weights from the front of the list.
    """
    return _WEIGHTS[: 18 * scales].reshape(3, scales, 2, 3)


def on_scale(difference: float) -> float:
    """Map the weighted differences to the scale of people's ratings."""
    x = difference * 0.9562382616834844
    x = 2.326765642916932 * x - 0.020884521182843837 * x**2 + 6.248496625763138e-05 * x**3
    return 100.0 - 10.0 * x**0.6276336467831387 if x > 0.0 else 100.0


def _strips(height: int, width: int) -> Iterator[slice]:
    rows = max(1, _STRIP_PIXELS // (width * _FEWEST_ROWS)) * _FEWEST_ROWS
    return (slice(start, min(start + rows, height)) for start in range(0, height, rows))


def _around(rows: slice) -> slice:
    """Return the rows of a padded plane on which the blur of some rows depends."""
    return slice(rows.start, rows.stop + 2 * RADIUS_PX)


def _within(padded: _Plane) -> _Plane:
    return padded[RADIUS_PX:-RADIUS_PX, RADIUS_PX:-RADIUS_PX]


def _prepared(padded: _Plane, *, compared: bool) -> _Prepared:
    """Prepare a padded plane of the original; whether it is compared by SSIM too."""
    plane = _within(padded)
    mean, edges = np.empty_like(plane), np.empty_like(plane)
    variance = np.empty_like(plane) if compared else None
    for rows in _strips(*plane.shape):
        around = padded[_around(rows)]
        WANG.inner(around, mean[rows])
        if variance is not None:
            WANG.inner(around * around, variance[rows])
            variance[rows] -= mean[rows] * mean[rows]
        edges[rows] = plane[rows] - mean[rows]
    np.abs(edges, out=edges)
    edges += _ONE
    return _Prepared(
        plane=padded if compared else None,
        mean=mean if compared else None,
        variance=variance,
        edges=edges,
    )


def _norms(original: _Prepared, padded: _Plane, wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return mean and 4-norm (rows) of SSIM error, artefacts and lost detail (columns).

    Args:
        original: A channel of the original.
        padded: The same of a picture, padded for the blur.
        wanted: (2, 3); a column of zeros is not computed.
    """
    plane = _within(padded)
    sums = np.zeros((2, 3))
    for rows in _strips(*plane.shape):
        around = padded[_around(rows)]
        mean = WANG.inner(around)
        if original.plane is not None:
            sums[:, 0] += _sums(_unlikeness(original, around, mean, rows))
        if wanted[:, 1:].any():
            edges = np.subtract(plane[rows], mean, out=mean)
            np.abs(edges, out=edges)
            edges += _ONE
            edges /= original.edges[rows]
            edges -= _ONE
            if wanted[:, 1].any():
                sums[:, 1] += _sums(np.maximum(edges, 0.0))
            if wanted[:, 2].any():
                np.negative(edges, out=edges)
                sums[:, 2] += _sums(np.maximum(edges, 0.0, out=edges))
    sums /= plane.size
    sums[1] **= 0.25
    return sums


def _unlikeness(original: _Prepared, around: _Plane, mean: _Plane, rows: slice) -> _Plane:
    """Return the SSIM error of some rows."""
    assert original.plane is not None and original.mean is not None
    assert original.variance is not None
    likeness = WANG.inner(original.plane[_around(rows)] * around)
    product = original.mean[rows] * mean
    likeness -= product
    likeness *= _TWO
    likeness += _C2
    # In the same order as above: for an equal picture all roundings are equal too.
    variances = WANG.inner(around * around)
    variances -= np.multiply(mean, mean, out=product)
    variances += original.variance[rows]
    variances += _C2
    apart = np.subtract(original.mean[rows], mean, out=product)
    apart *= apart
    np.subtract(_ONE, apart, out=apart)
    likeness *= apart
    likeness /= variances
    np.subtract(_ONE, likeness, out=likeness)
    return np.maximum(likeness, 0.0, out=likeness)


def _sums(error: _Plane) -> tuple[float, float]:
    """Return the sums of errors, which are changed, and of their fourth powers."""
    total = float(error.sum())
    error *= error
    flat = error.reshape(-1)
    return total, float(np.einsum("i,i", flat, flat))


def _pyramid(image: NDArray[np.uint8]) -> Iterator[_Plane]:
    """Yield the picture in XYB at each scale, padded for the blur; halved in linear light.

    Yields:
        (3, height + 10, width + 10): mirrored at the top and bottom, 0 on the left and right.
    """
    linear = np.empty((3, *image.shape[:2]), np.float32)
    for rows in _strips(*linear.shape[1:]):
        np.take(_LINEAR, image[rows].transpose(2, 0, 1), out=linear[:, rows], mode="clip")
    for _ in range(SCALES):
        if min(linear.shape[1:]) < SMALLEST_PX:  # such scales are skipped
            break
        yield _colours(linear)
        linear = _halved(linear)


def _colours(linear: _Plane) -> _Plane:
    """Convert linear RGB to XYB, with each channel shifted to be positive, and pad it."""
    _, height, width = linear.shape
    padded = np.zeros((3, height + 2 * RADIUS_PX, width + 2 * RADIUS_PX), np.float32)
    planes = padded[:, RADIUS_PX:-RADIUS_PX, RADIUS_PX:-RADIUS_PX]
    for rows in _strips(height, width):
        # (rows, 3, width), a product for each row: larger ones are computed on all cores.
        roots = _MATRIX @ linear[:, rows].swapaxes(0, 1)
        roots += _BIAS
        # Always above 0; NumPy has fast logarithms on more processors than it has cube roots.
        np.log(roots, out=roots)
        roots *= np.float32(1 / 3)
        np.exp(roots, out=roots)
        roots -= _BIAS_ROOT
        first, second, third = roots.swapaxes(0, 1)
        x, y, b = planes[:, rows]
        np.subtract(first, second, out=x)
        x *= np.float32(7.0)
        x += np.float32(0.42)
        first += second
        first *= np.float32(0.5)
        np.add(first, np.float32(0.01), out=y)
        np.subtract(third, first, out=b)
        b += np.float32(0.55)
    for distance in range(RADIUS_PX):
        padded[:, RADIUS_PX - 1 - distance] = padded[:, RADIUS_PX + distance]
        padded[:, RADIUS_PX + height + distance] = padded[:, RADIUS_PX + height - 1 - distance]
    return padded


def _halved(linear: _Plane) -> _Plane:
    height, width = linear.shape[1:]
    if height % 2 or width % 2:
        linear = np.pad(linear, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    rows = linear[:, ::2] + linear[:, 1::2]
    halved = rows[:, :, ::2] + rows[:, :, 1::2]
    halved *= np.float32(0.25)
    return halved
