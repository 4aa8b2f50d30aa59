"""What a photo's files probably score and weigh at each quality setting, before they are made.

Photos differ in a few ways at once: one that is hard for AVIF at full size is hard for JPEG at half
size too. So files that were made of a photo say something of all the others, and a search begins
near its end. Only where searches begin, and what is not worth a search, depends on it: what is sent
was made and scored.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixels.quality.judge import Measure
from pixels.quality.screens import SCREENS, Screen
from pixels.sending.codecs import Codec

SETTINGS = np.arange(1, 101)
"""The quality settings of every codec."""

_Floats = NDArray[np.float64]


class Kind(NamedTuple):
    """Files that have a curve in common."""

    codec: Codec
    """Their format."""
    reduced: Literal["1", "3/2", "2"]
    """How many times smaller than the photo they are, about."""


def size_of(bytes_: int, pixels: int) -> float:
    """Put a file's size on the scale of curves: the logarithm of bytes per pixel of the photo."""
    return math.log(max(bytes_, 1) / pixels)


def loss_of(measure: Measure, score: float) -> float:
    """Put a score on the scale of curves: the logarithm of what an equal picture has more.

    A score cannot say that nothing at all is lost: a thousandth of the measure's best is the least.
    """
    return math.log(max(abs(measure.identical - score), 1e-3 * measure.identical))


def kind_of(codec: Codec, scale: Fraction) -> Kind:
    """Return the kind of files that are `scale` times smaller than the photo; 1 is full size."""
    return Kind(codec, "1" if scale == 1 else "3/2" if scale < Fraction(7, 4) else "2")


class Known(NamedTuple):
    """A file that was made."""

    setting: int
    """At which quality."""
    size: float
    """Logarithm of its bytes per pixel of the photo."""
    loss: float | None
    """Logarithm of what it lost, if it was scored."""


@dataclass(frozen=True)
class Curve:
    """What is expected of files at the settings 1 to 100, on scales on which curves are simple."""

    sizes: _Floats
    """Logarithms of bytes per pixel of the photo, rising."""
    losses: _Floats
    """Logarithms of the points or JOD by which a score lies below that of an equal picture,
    falling."""
    spread: _Floats
    """(2, settings): standard deviations of both."""

    def hopeful(self, deviations: float) -> Curve:
        """Return the curve of a photo that is so much better than expected."""
        sizes, losses = np.stack([self.sizes, self.losses]) - deviations * self.spread
        return replace(
            self, sizes=np.maximum.accumulate(sizes), losses=np.minimum.accumulate(losses)
        )

    def through(self, known: Iterable[Known]) -> Curve:
        """Move the curve so that it passes through what is known of its own files."""
        known = sorted(known)
        scored = [(one.setting, one.loss) for one in known if one.loss is not None]
        sizes = _moved(self.sizes, [(one.setting, one.size) for one in known])
        return replace(
            self,
            sizes=np.maximum.accumulate(sizes),
            losses=np.minimum.accumulate(_moved(self.losses, scored)),
        )

    def with_bytes(self, share: float) -> Curve:
        """Return the curve of files that lose the same with this share of the bytes."""
        return replace(self, sizes=self.sizes + math.log(share))

    def bytes_for(self, loss: float) -> float:
        """Return the bytes per pixel of the photo with which a file loses no more than this.

        Infinite if no setting is good enough.
        """
        setting = self.setting_of_loss(loss)
        if setting > SETTINGS[-1]:
            return math.inf
        return math.exp(self.size_at(setting))

    def size_at(self, setting: float) -> float:
        """Return the size at a setting, between two whole ones too."""
        return float(np.interp(setting, SETTINGS, self.sizes))

    def setting_of_size(self, size: float) -> float:
        """Return the setting at which files have this size; beyond the ends, along the slope."""
        return _crossing(self.sizes, size)

    def setting_of_loss(self, loss: float) -> float:
        """Return the setting at which files lose this much; beyond the ends, along the slope."""
        return _crossing(-self.losses, -loss)


_WOBBLE = 2.0
"""Square of what a step changes by chance, over what photos' slopes differ by."""


def _moved(values: _Floats, points: list[tuple[int, float]]) -> _Floats:
    """Move a curve through points; beyond the outer ones it is tilted as between the nearest."""
    if not points:
        return values
    settings, known = (np.array(column, float) for column in zip(*points, strict=True))
    off = known - np.interp(settings, SETTINGS, values)
    moved = values + np.interp(SETTINGS, settings, off)
    if len(points) > 1:
        steps, rises = np.diff(settings), np.diff(off)
        tilts = steps * rises / (steps * steps + _WOBBLE)
        moved += tilts[0] * np.minimum(SETTINGS - settings[0], 0.0)
        moved += tilts[-1] * np.maximum(SETTINGS - settings[-1], 0.0)
    return moved


def _crossing(rising: _Floats, wanted: float) -> float:
    """Return where a rising curve has a value."""
    reach = 10  # settings over which the slope at an end is taken
    if wanted < rising[0]:
        slope = max(rising[reach] - rising[0], 1e-3) / reach
        return SETTINGS[0] + (wanted - rising[0]) / slope
    if wanted > rising[-1]:
        slope = max(rising[-1] - rising[-1 - reach], 1e-3) / reach
        return SETTINGS[-1] + (wanted - rising[-1]) / slope
    at = int(np.searchsorted(rising, wanted))  # the first one that is not below
    if at == 0:
        return float(SETTINGS[0])
    step = rising[at] - rising[at - 1]
    return float(SETTINGS[at - 1] + (wanted - rising[at - 1]) / step)


@dataclass(frozen=True)
class UsualCurves:
    """The usual curves by one judge, and the ways in which photos differ from them."""

    kinds: tuple[Kind, ...]
    usual: _Floats
    """(kinds, 2, settings): sizes and losses."""
    ways: _Floats
    """(kinds, 2, settings, ways): what photos differ by, in standard deviations of each way."""
    noise: _Floats
    """(kinds, 2): standard deviation of what is left."""

    def expected(self, kind: Kind, known: Iterable[tuple[Kind, Known]]) -> Curve:
        """Return the curve of a kind for a photo of which some files, of any kind, are known.

        The most probable photo, if photos are normally distributed: ridge regression.
        """
        count = self.ways.shape[-1]
        seen, apart = [np.zeros((0, count))], [np.zeros(0)]
        for other, one in known:
            place = self.kinds.index(other)
            for what, value in enumerate((one.size, one.loss)):
                if value is not None:
                    at = (place, what, one.setting - 1)
                    seen.append(self.ways[at][None] / self.noise[place, what])
                    apart.append(np.array([(value - self.usual[at]) / self.noise[place, what]]))
        matrix, wanted = np.concatenate(seen), np.concatenate(apart)
        doubt = np.linalg.inv(np.eye(count) + matrix.T @ matrix)
        photo = doubt @ matrix.T @ wanted
        # Of a photo unlike those measured (a drawing, a tiny one) less is known than usually.
        off = np.square(wanted - matrix @ photo).sum() + np.square(photo).sum()
        strange = max(1.0, off / max(1, len(wanted)))
        place = self.kinds.index(kind)
        ways, noise = self.ways[place], self.noise[place][:, None]
        sizes, losses = self.usual[place] + ways @ photo
        spread = np.sqrt(strange * (((ways @ doubt) * ways).sum(axis=-1) + noise**2))
        return Curve(
            sizes=np.maximum.accumulate(sizes),
            losses=np.minimum.accumulate(losses),
            spread=spread,
        )

    def around(self, curves: Sequence[Curve]) -> UsualCurves:
        """Return what to expect of a photo in another width, of which these curves are known.

        Args:
            curves: Of each kind, in the order of `kinds`.
        """
        usual = np.array([[curve.sizes, curve.losses] for curve in curves])
        return replace(self, usual=usual, ways=_OF_ANOTHER_WIDTH * self.ways)


_OF_ANOTHER_WIDTH = 0.5
"""By how much a width of a photo differs from another, where photos differ by 1."""


@cache
def usual_curves(screen: Screen | None) -> UsualCurves:
    """Return the usual curves by SSIMULACRA2, or by ColorVideoVDP on the screen that is nearest."""
    fitted = json.loads(_FILE.read_text(encoding="utf-8"))
    judge = fitted["judges"]["pixels" if screen is None else _nearest(screen)]
    usual, ways = (_at_all(fitted["settings"], judge[name]) for name in ("usual", "ways"))
    return UsualCurves(
        kinds=tuple(Kind(*kind) for kind in fitted["kinds"]),
        usual=usual,
        ways=np.moveaxis(ways, 0, -1),
        noise=np.array(judge["noise"]),
    )


_FILE = Path(__file__).parent / "usual_curves.json"


def _nearest(screen: Screen) -> str:
    def distance(name: str) -> float:
        return abs(math.log(screen.pixels_per_degree / SCREENS[name].pixels_per_degree))

    return min(SCREENS, key=distance)


def _at_all(settings: list[int], values: Any) -> _Floats:  # noqa: ANN401
    """Interpolate the last axis, given at a few settings, to all; its ends go on straight."""
    measured = np.array(values, float)
    before = 2 * measured[..., :1] - measured[..., 1:2]
    after = 2 * measured[..., -1:] - measured[..., -2:-1]
    wide = np.concatenate([before, measured, after], axis=-1)
    at = [2 * settings[0] - settings[1], *settings, 2 * settings[-1] - settings[-2]]
    flat = [np.interp(SETTINGS, at, row) for row in wide.reshape(-1, len(at))]
    return np.array(flat).reshape(*wide.shape[:-1], len(SETTINGS))
