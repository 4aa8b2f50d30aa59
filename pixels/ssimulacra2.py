"""SSIMULACRA2: how near two pictures look to people, beside what PSNR says."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from ssimulacra2 import compute_ssimulacra2


def ssimulacra2(image: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Score an enlarged picture against the original.

    Args:
        image: (height, width, 3) sRGB, 0 to 255.
        truth: The same shape.

    Returns:
        At most 100, which is no difference; 90 is hardly visible, 70 good, 50 fair, and very
        different pictures are below 0.

    Raises:
        ValueError: The shapes differ.

    Source: Sneyers, "SSIMULACRA 2" (Cloudinary, 2022), in the port of the package `ssimulacra2`.
    """
    if image.shape != truth.shape:
        raise ValueError(f"shapes differ: {image.shape} and {truth.shape}")
    # The package reads files only.
    return float(compute_ssimulacra2(_as_file(truth), _as_file(image)))


def _as_file(image: NDArray[np.uint8]) -> io.BytesIO:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "BMP")
    file.seek(0)
    return file
