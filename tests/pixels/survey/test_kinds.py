"""Photographs against charts, pages of text, screenshots and drawings."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pixels.stills.files import read_picture
from pixels.stills.listing import list_pictures
from pixels.survey.kinds import sampled_tiles, signs
from tests.made.illustrations import KINDS, sent
from tests.made.photos import PHOTOS, noise, samples

# The weights were fitted on seeds 0 to 59.
FIRST_SEED = 1000


def photographs() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """scikit-image's photographs and parts of them, lossless and as JPEG and WebP; others too."""
    for name, photo in samples().items():
        height, width = photo.shape[:2]
        half = photo[: height * 2 // 3, width // 4 :]
        for part, pixels in (("whole", photo), ("part", half)):
            yield f"{name} {part}", pixels
            for format_ in ("JPEG", "WEBP"):
                file = io.BytesIO()
                Image.fromarray(pixels).save(file, format_, quality=80)
                yield f"{name} {part} {format_}", np.asarray(Image.open(file).convert("RGB"))
    if PHOTOS.is_dir():
        for path in list_pictures(PHOTOS)[::8]:
            yield path.name, read_picture(path).rgb


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [3, pytest.param(16, marks=pytest.mark.heavy)])
def test_precision_and_recall_are_at_least_95_percent(seeds: int) -> None:
    scores = [(name, signs(photo).drawn) for name, photo in photographs()]
    found: dict[str, int] = {}
    for kind, make in KINDS.items():
        drawn = 0
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            rng = np.random.default_rng(seed)
            drawn += signs(sent(make(rng), rng)).drawn > 0.0
        found[kind] = drawn
    photos, drawings = len(scores), len(KINDS) * seeds
    wrong = [name for name, score in scores if score > 0.0]
    recall = sum(found.values()) / drawings
    # As if there were as many of both, which is harder on precision than the sets as they are.
    precision = recall / (recall + len(wrong) / photos)
    print(f"recall {recall:.3f} {found}, precision {precision:.3f}, {photos} photos, {wrong}")
    assert recall >= 0.95, found
    assert precision >= 0.95, wrong


def test_signs_of_what_is_known() -> None:
    flat = np.full((200, 300, 3), 90, np.uint8)
    assert (signs(flat).flat, signs(flat).few) == (1.0, 1.0)
    grain = signs(noise(200, 300))
    assert grain.flat < 0.01
    halves = flat.copy()
    halves[:, 101:] = 200
    assert signs(halves).hard == 1.0


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2), (129, 127)])
def test_any_size_is_measured(size: tuple[int, int]) -> None:
    assert np.isfinite(signs(noise(*size)).drawn)


def test_tiles_come_from_all_over() -> None:
    y, x = np.mgrid[0:500, 0:750]
    tiles = sampled_tiles(np.stack([y // 2, x // 3], axis=-1).astype(np.uint8), 25, 60)
    assert tiles.shape[1:] == (25, 25, 2)
    assert 40 <= len(tiles) <= 80
    assert tiles[..., 0].max() > 220
    assert tiles[..., 1].max() > 220
