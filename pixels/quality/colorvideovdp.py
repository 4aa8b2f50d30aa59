"""ColorVideoVDP for stills: how visible a difference is on a reader's screen.

The package `cvvdp` is the reference of the tests. It needs torchvision and what reads videos, and
computes everything anew for each pair; here an original is prepared once for many pictures, and
only NumPy is needed. The constants beside this module are those of the package.

Source: Mantiuk, Hanji, Ashraf, Asano and Chapiro, "ColorVideoVDP: A visual difference predictor for
image, video and display distortions", ACM Transactions on Graphics 43(4), 2024
(https://doi.org/10.1145/3658144), and version 0.5.7 of https://github.com/gfxdisp/ColorVideoVDP.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixels.quality.gaussian import Gaussian
from pixels.quality.judge import Measure, require_same_shape, require_side
from pixels.quality.pyramid import Planes, doubled, halved
from pixels.quality.screens import DESKTOP, Screen

_MODEL = json.loads((Path(__file__).parent / "colorvideovdp.json").read_text(encoding="utf-8"))
PARAMETERS = _MODEL["parameters"]

_LOWEST_CPD = 0.2  # no band is made below this frequency, in cycles per degree
BASE_CPD = 0.1  # the frequency of what is left
DARKEST_CD_M2 = 0.01
HIGHEST_CONTRAST = 1000.0
EPSILON = 1e-5  # the package keeps powers differentiable at 0

# sRGB (BT.709 primaries, D65) to XYZ, to the cones' responses (CIE 2006, 10 degrees), to the
# opponent colours of Derrington, Krauskopf and Lennie: lightness, red-green, violet-yellow.
_RGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_XYZ_TO_LMS = np.array(
    [
        [0.187596268556126, 0.585168649077728, -0.026384263306304],
        [-0.133397430663221, 0.405505777260049, 0.034502127690364],
        [0.000244379021663, -0.000542995890619, 0.019406849066323],
    ]
)
_LMS_TO_DKL = np.array(
    [[1.0, 1.0, 0.0], [1.0, -2.311130179947035, 0.0], [-1.0, -1.0, 50.977571328718781]]
)
TO_DKL = (_LMS_TO_DKL @ _XYZ_TO_LMS @ _RGB_TO_XYZ).astype(np.float32)
GAIN = np.array([1.0, 1.45, 1.0])  # of each channel, before masking

MEASURE = Measure(
    name="ColorVideoVDP",
    unit="JOD",
    larger_is_better=True,
    identical=10.0,
    doubtful=3.0,
    decimals=2,
)
"""Just-objectionable differences: of two pictures that are 1 apart, 75 % of people prefer the
better one. The scale was fitted to people's ratings from 10 down to about 3."""


@dataclass(frozen=True)
class ColorVideoVdp:
    """Judges pictures as they are seen on a screen (`pixels.quality.judge.Judge`)."""

    screen: Screen = DESKTOP

    @property
    def measure(self) -> Measure:
        """What its scores mean."""
        return MEASURE

    @property
    def seconds_per_megapixel(self) -> float:
        """Roughly how long a score takes on one core, once the original is prepared."""
        return 0.15

    @property
    def description(self) -> str:
        """The measure with all that its scores depend on, as its authors ask for."""
        screen = self.screen
        return (
            f"ColorVideoVDP v0.5.7, {screen.pixels_per_degree:g} pix/deg, "
            f"Lpeak={screen.peak_cd_m2:g}, Lblack={screen.black_cd_m2:.4g}, "
            f"Lrefl={screen.reflected_cd_m2:.4g} cd/m^2 ({screen.name})"
        )

    def original(self, photo: NDArray[np.uint8]) -> OriginalOnScreen:
        """Prepare a photo, (height, width, 3) sRGB, 0 to 255.

        Raises:
            ValueError: A side has fewer than 8 pixels.
        """
        return OriginalOnScreen(photo, self.screen)


@dataclass(frozen=True)
class _Band:
    """One band of the original, in units of its sensitivity."""

    sensitivity: Planes
    """(3, height, width): what multiplies the contrast of a picture."""
    perceived: Planes
    """(3, height, width): the original's contrast, so multiplied."""


class OriginalOnScreen:
    """An original, prepared once to score many pictures against it on one screen.

    Takes about 32 bytes per pixel.
    """

    def __init__(self, photo: NDArray[np.uint8], screen: Screen) -> None:
        """Prepare a photo, (height, width, 3) sRGB, 0 to 255.

        Raises:
            ValueError: A side has fewer than 8 pixels.
        """
        require_side(photo)
        self._shape = photo.shape
        self._emitted = _emitted(screen)
        self._frequencies = frequencies(self.size, screen.pixels_per_degree)
        self._bands: list[_Band] = []
        *fine, base = _gaussian_pyramid(self._seen(photo), len(self._frequencies))
        for at, planes in enumerate(fine):
            coarser = fine[at + 1] if at + 1 < len(fine) else base
            contrast, background = _contrast(planes, coarser)
            sensitivity = _sensitivity(self._frequencies[at], background)
            # The package doubles all bands but the first and the last.
            sensitivity *= (GAIN * (1.0 if at == 0 else 2.0)).astype(np.float32)[:, None, None]
            contrast *= sensitivity
            self._bands.append(_Band(sensitivity, contrast))
        self._base = _base_contrast(base)
        background = np.maximum(base[:1], DARKEST_CD_M2).mean(axis=(1, 2), keepdims=True)
        self._base_sensitivity = _sensitivity(BASE_CPD, background[0])

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the original."""
        return self._shape[0], self._shape[1]

    def score(self, shown: NDArray[np.uint8]) -> float:
        """Return how many just-objectionable differences below 10 a picture is.

        Args:
            shown: (height, width, 3) sRGB, 0 to 255, of the original's size.

        Returns:
            10 JOD for an equal picture, less for others, below 0 for very different ones.

        Raises:
            ValueError: The sizes differ.
        """
        require_same_shape(shown, self._shape)
        *fine, base = _gaussian_pyramid(self._seen(shown), len(self._frequencies))
        pooled = []
        for at, (planes, band) in enumerate(zip(fine, self._bands, strict=True)):
            coarser = fine[at + 1] if at + 1 < len(fine) else base
            perceived, _ = _contrast(planes, coarser)
            perceived *= band.sensitivity
            pooled.append(_visible(perceived, band.perceived))
        difference = np.abs(_base_contrast(base) - self._base) * self._base_sensitivity
        pooled.append(_pooled(difference) * np.array(PARAMETERS["baseband_weight"][:3]))
        return _jod(np.stack(pooled, axis=1))

    def _seen(self, picture: NDArray[np.uint8]) -> Planes:
        """Return the light of a picture in opponent colours, (3, height, width)."""
        height, width = self.size
        seen = np.empty((3, height, width), np.float32)
        # In strips, which stay in a core's cache; a product for each row, as larger ones are
        # computed on all cores.
        rows = max(1, _STRIP_PIXELS // width)
        for start in range(0, height, rows):
            strip = picture[start : start + rows].swapaxes(1, 2)
            seen[:, start : start + rows] = (TO_DKL @ np.take(self._emitted, strip)).swapaxes(0, 1)
        return seen


def _emitted(screen: Screen) -> NDArray[np.float32]:
    """Return the luminance of each sRGB value on a screen, in cd/m2."""
    value = np.arange(256) / 255.0
    linear = np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92)
    light = (screen.peak_cd_m2 - screen.black_cd_m2) * linear
    return (light + screen.black_cd_m2 + screen.reflected_cd_m2).astype(np.float32)


def frequencies(size: tuple[int, int], pixels_per_degree: float) -> list[float]:
    """Return the peak frequency of each band in cycles per degree, finest first, base last."""
    peaks = [1.0] + [0.3228 * 2.0**-level for level in range(14)]
    wanted = [peak * pixels_per_degree / 2.0 for peak in peaks]
    most = int(np.floor(np.log2(min(size)))) - 1
    first_too_low = next(i for i, value in enumerate(wanted) if value <= _LOWEST_CPD)
    return [*wanted[: min(first_too_low + 1, most)], BASE_CPD]


def _gaussian_pyramid(planes: Planes, levels: int) -> list[Planes]:
    pyramid = [planes]
    while len(pyramid) < levels:
        pyramid.append(halved(pyramid[-1]))
    return pyramid


def _contrast(planes: Planes, coarser: Planes) -> tuple[Planes, NDArray[np.float32]]:
    """Return the Weber contrast of a band, and the luminance to which it is relative."""
    around = doubled(coarser, (planes.shape[1], planes.shape[2]))
    contrast = planes - around
    background = np.maximum(around[0], DARKEST_CD_M2)
    contrast /= background
    np.minimum(contrast, HIGHEST_CONTRAST, out=contrast)
    return contrast, background


def _base_contrast(base: Planes) -> Planes:
    """Return what is left at the coarsest scale, relative to the mean luminance."""
    mean = np.maximum(base[0], DARKEST_CD_M2).mean()
    return np.minimum(base / mean, HIGHEST_CONTRAST)


@cache
def _sensitivity_table() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return log10 of luminance (L), of frequency (F) and of sensitivity (3, L, F)."""
    table = np.array(_MODEL["log10_sensitivity"])
    luminance, frequency = (
        np.linspace(np.log10(ends[0]), np.log10(ends[1]), count)
        for ends, count in zip(
            (_MODEL["background_cd_m2"], _MODEL["frequency_cpd"]), table.shape[1:], strict=True
        )
    )
    return luminance, frequency, table


def sensitivity_levels(
    cycles_per_degree: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return log10 of luminances, evenly spaced (L), and of the sensitivities there (3, L)."""
    luminance, frequency, table = _sensitivity_table()
    at = np.clip(np.searchsorted(frequency, np.log10(cycles_per_degree)) - 1, 0, len(frequency) - 2)
    part = (np.log10(cycles_per_degree) - frequency[at]) / (frequency[at + 1] - frequency[at])
    levels = table[:, :, at] * (1.0 - part) + table[:, :, at + 1] * part
    return luminance, levels + PARAMETERS["sensitivity_correction"] / 20.0


def _sensitivity(cycles_per_degree: float, background: NDArray[np.float32]) -> Planes:
    """Return the contrast sensitivity (castleCSF) of the three channels, (3, height, width)."""
    luminance, levels = sensitivity_levels(cycles_per_degree)
    logarithm = np.log10(background)
    planes = [np.interp(logarithm, luminance, channel) for channel in levels]
    return np.power(10.0, np.stack(planes), dtype=np.float32, casting="same_kind")


_MASK_P = np.float32(PARAMETERS["mask_p"])
_MASK_Q = [np.float32(value) for value in PARAMETERS["mask_q"][:3]]
MIXING = np.ascontiguousarray(
    (2.0 ** np.array(PARAMETERS["xcm_weights"])).reshape(4, 4)[:3, :3].T.astype(np.float32)
)
LARGEST = np.float32(10.0 ** PARAMETERS["d_max"])
SHARED_GAIN = np.float32(10.0 ** PARAMETERS["mask_c"])
SPREAD_PX = 2 * int(PARAMETERS["pu_dilate"])
SPREAD = Gaussian(sigma_px=float(PARAMETERS["pu_dilate"]), radius_px=SPREAD_PX)
_STRIP_PIXELS = 1 << 16


def _visible(perceived: Planes, original: Planes) -> NDArray[np.float64]:
    """Return the 2-norm, (3,), of the differences in a band, where detail masks them.

    Works in strips of rows that stay in a core's cache.
    """
    _, height, width = perceived.shape
    rows = max(2 * SPREAD_PX, _STRIP_PIXELS // width)
    total = np.zeros(3)
    for start in range(0, height, rows):
        strip = slice(start, min(start + rows, height))
        masking = _masking(perceived, original, strip)
        for channel in range(3):
            visible = np.abs(perceived[channel, strip] - original[channel, strip])
            visible = _power(visible, _MASK_P)
            visible /= masking[channel]
            # A difference is never larger than LARGEST, which it approaches softly.
            visible *= LARGEST / (LARGEST + visible)
            visible += EPSILON
            total[channel] += np.square(visible, out=visible).sum(dtype=np.float64)
    return _norm(total / (height * width) - EPSILON**2, 2.0)


def _masking(perceived: Planes, original: Planes, strip: slice) -> Planes:
    """Return by what the differences in a strip of rows are divided, (3, rows, width)."""
    _, height, width = perceived.shape
    blurs = min(height, width) > SPREAD_PX  # the package does not blur smaller bands
    reach = SPREAD_PX if blurs else 0
    above, below = max(0, strip.start - reach), min(height, strip.stop + reach)
    mirrored = (reach - (strip.start - above), reach - (below - strip.stop))
    shared = np.empty((3, strip.stop - strip.start, width), np.float32)
    for channel, exponent in enumerate(_MASK_Q):
        pair = np.abs(perceived[channel, above:below]), np.abs(original[channel, above:below])
        both = np.minimum(*pair, out=pair[0])
        if blurs:
            both = SPREAD.inner(np.pad(both, (mirrored, (reach, reach)), "reflect"))
        both *= SHARED_GAIN
        shared[channel] = _power(both, exponent)
    masking = (MIXING @ shared.reshape(3, -1)).reshape(shared.shape)
    masking += np.float32(1.0)
    return masking


def _power(values: NDArray[np.float32], exponent: np.float32) -> NDArray[np.float32]:
    """Raise values, which are changed, to a power."""
    epsilon = np.float32(EPSILON)
    values += epsilon
    np.power(values, exponent, out=values)
    values -= epsilon**exponent
    return values


def _pooled(differences: Planes) -> NDArray[np.float64]:
    """Return the 2-norm of each channel over all pixels, (3,)."""
    squares = np.square(differences + np.float32(EPSILON)).mean(axis=(1, 2), dtype=np.float64)
    return _norm(squares - EPSILON**2, 2.0)


def _norm(powers: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    return (powers + EPSILON) ** (1.0 / exponent) - EPSILON ** (1.0 / exponent)


def _sum(values: NDArray[np.float64], exponent: float, axis: int) -> NDArray[np.float64]:
    powers = (values + EPSILON) ** exponent - EPSILON**exponent
    return _norm(powers.sum(axis=axis), exponent)


def _jod(pooled: NDArray[np.float64]) -> float:
    """Add up differences, (channels, bands), and return what they leave of 10 JOD."""
    weights = np.array([1.0, PARAMETERS["ch_chrom_w"], PARAMETERS["ch_chrom_w"]])
    channels = _sum(pooled * weights[:, None], PARAMETERS["beta_sch"], 1)
    return jod_of(float(_sum(channels, PARAMETERS["beta_tch"], 0)) * PARAMETERS["image_int"])


def jod_of(total: float) -> float:
    """Return what a sum of visible differences leaves of 10 JOD."""
    a, exponent, linear_below = PARAMETERS["jod_a"], PARAMETERS["jod_exp"], 0.1
    if total <= linear_below:
        return 10.0 - a * linear_below ** (exponent - 1.0) * total
    return 10.0 - a * total**exponent
