"""Write ssimulacra2.json: what the package `ssimulacra2` says of pictures that tests draw.

    python -m tests.golden.make_ssimulacra2

The pictures are drawn with whole numbers alone, here and in `web_demo/test/quality/pictures.ts`;
`sums` tells whether both have drawn the same.
"""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from ssimulacra2 import compute_ssimulacra2

# Height and width. Below 8 pixels there is nothing to score; from 256 on there are all six scales.
SIZES = [(8, 8), (11, 40), (33, 17), (64, 48), (97, 130), (256, 301)]
DISTORTIONS = ["coarse", "blurred", "noisy", "brighter", "blocks"]


def hashed(indices: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return 0 to 255 for each index: a linear congruence, whose upper bits look random."""
    state = (indices * 2654435761 + seed * 40503) % 2**32
    return ((state * 1103 + 12345) % 2**32) >> 24


def drawn(height: int, width: int, seed: int) -> NDArray[np.int64]:
    """Draw slopes, stripes, a disc and some noise, (height, width, 3), 0 to 255."""
    y, x, channel = np.indices((height, width, 3))
    slope = (x * (channel + 2) + y * (4 - channel)) * 160 // (5 * (width + height))
    stripes = ((x // (3 + seed % 4) + y // 5) % 2) * (30 + 10 * channel)
    disc = (2 * x - width) ** 2 + (2 * y - height) ** 2 < (min(height, width) // 2) ** 2
    noise = hashed((y * width + x) * 3 + channel, seed) // 16
    return np.clip(slope + stripes + disc * (60 - 40 * channel) + noise, 0, 255)


def distorted(picture: NDArray[np.int64], how: str, seed: int) -> NDArray[np.int64]:
    """Distort a picture, (height, width, 3), 0 to 255."""
    height, width, _ = picture.shape
    if how == "coarse":
        return np.minimum(picture // 24 * 24 + 12, 255)
    if how == "blurred":
        around = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
        parts = [around[y : y + height, x : x + width] for y in range(3) for x in range(3)]
        return np.sum(parts, axis=0) // 9
    if how == "noisy":
        noise = hashed(np.arange(picture.size).reshape(picture.shape), seed + 1) // 12 - 10
        return np.clip(picture + noise, 0, 255)
    if how == "brighter":
        return np.minimum(picture + 7, 255)
    y, x = np.indices((height, width))
    return picture[y // 4 * 4, x // 4 * 4]


def score(picture: NDArray[np.int64], original: NDArray[np.int64]) -> float:
    files = [BytesIO(), BytesIO()]
    for file, pixels in zip(files, (original, picture), strict=True):
        Image.fromarray(pixels.astype(np.uint8)).save(file, "png")
        file.seek(0)
    return float(compute_ssimulacra2(*files))  # pyright: ignore[reportArgumentType]


def main() -> None:
    cases = []
    for height, width in SIZES:
        for how in DISTORTIONS:
            seed = len(cases)
            original = drawn(height, width, seed)
            picture = distorted(original, how, seed)
            size = {"height": height, "width": width}
            sums = [int(original.sum()), int(picture.sum())]
            rounded = round(score(picture, original), 4)
            cases.append({**size, "seed": seed, "how": how, "sums": sums, "score": rounded})
    lines = ",\n".join(json.dumps(case) for case in cases)
    path = Path(__file__).with_name("ssimulacra2.json")
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
