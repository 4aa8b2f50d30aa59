"""Butteraugli, by the program of libjxl: a third voice, for experiments.

No package on PyPI brings it. Debian and Ubuntu keep libjxl's program, which starts once for each
pair.

Source: Jyrki Alakuijala et al., https://github.com/libjxl/libjxl (lib/jxl/butteraugli).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixels.quality.judge import Measure, require_same_shape, require_side
from plumbing.command import UserError

PROGRAM = "butteraugli_main"

MEASURE = Measure(
    name="Butteraugli",
    unit="distance",
    larger_is_better=False,
    identical=0.0,
    doubtful=10.0,
    decimals=2,
)
"""The 3-norm over the picture of how visible its difference is: about 1 where differences are just
noticed side by side, as libjxl's distance setting has it."""


@dataclass(frozen=True)
class Butteraugli:
    """Judges pictures pixel by pixel (`pixels.quality.judge.Judge`); less is better."""

    peak_cd_m2: float = 80.0
    """Luminance of white; 80 is the program's own default."""

    @property
    def measure(self) -> Measure:
        """What its scores mean."""
        return MEASURE

    @property
    def seconds_per_megapixel(self) -> float:
        """Roughly how long a score takes on one core."""
        return 0.6

    @property
    def description(self) -> str:
        """The measure with all that its scores depend on."""
        return f"Butteraugli (3-norm), {self.peak_cd_m2:g} cd/m^2"

    def original(self, photo: NDArray[np.uint8]) -> DistantOriginal:
        """Take a photo, (height, width, 3) sRGB, 0 to 255.

        Raises:
            UserError: The program is not installed.
            ValueError: A side has fewer than 8 pixels.
        """
        return DistantOriginal(photo, self.peak_cd_m2)


class DistantOriginal:
    """An original; nothing of it is kept between two starts of the program."""

    def __init__(self, photo: NDArray[np.uint8], peak_cd_m2: float) -> None:
        """Take a photo and look for the program.

        Raises:
            UserError: The program is not installed.
            ValueError: A side has fewer than 8 pixels.
        """
        require_side(photo)
        found = shutil.which(PROGRAM)
        if found is None:
            raise UserError(
                f"Butteraugli needs libjxl's program {PROGRAM}: "
                "`apt-get install libjxl-devtools` on Debian and Ubuntu"
            )
        self._program, self._photo, self._peak_cd_m2 = found, photo, peak_cd_m2

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the original."""
        return self._photo.shape[0], self._photo.shape[1]

    def score(self, shown: NDArray[np.uint8]) -> float:
        """Return the distance of a picture of the original's size, (height, width, 3) sRGB.

        Raises:
            UserError: The program failed.
            ValueError: The sizes differ.
        """
        require_same_shape(shown, self._photo.shape)
        with tempfile.TemporaryDirectory() as name:
            files = [Path(name) / "original.ppm", Path(name) / "shown.ppm"]
            for file, pixels in zip(files, (self._photo, shown), strict=True):
                Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PPM")
            command = [self._program, *map(str, files), "--intensity_target"]
            ended = subprocess.run(
                [*command, f"{self._peak_cd_m2:g}"], capture_output=True, text=True, check=False
            )
        norm = re.search(r"^3-norm: (\S+)$", ended.stdout, re.MULTILINE)
        if ended.returncode != 0 or norm is None:
            raise UserError(f"{PROGRAM} failed: {ended.stderr.strip() or ended.stdout.strip()}")
        return float(norm[1])
