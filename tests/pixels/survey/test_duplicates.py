from __future__ import annotations

import io
import random

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from pixels.survey.duplicates import MOST_BITS, SeenPhotos, perceptual_hash
from tests.made.photos import samples

COPIES = ("jpeg", "half", "brighter", "cropped a little", "grey")


def copy(image: Image.Image, how: str) -> Image.Image:
    width, height = image.size
    if how == "jpeg":
        file = io.BytesIO()
        image.save(file, "JPEG", quality=40)
        return Image.open(file)
    if how == "half":
        return image.resize((width // 2 + 1, height // 2))
    if how == "brighter":
        return ImageEnhance.Brightness(image).enhance(1.08)
    if how == "grey":
        return image.convert("L").convert("RGB")
    return image.crop((1, 1, width - 1, height - 1))


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "motorcycle"])
def test_copies_are_recognised(name: str, how: str) -> None:
    image = Image.fromarray(samples()[name])
    seen = SeenPhotos()
    seen.add(perceptual_hash(np.asarray(image)), name)
    assert seen.copy_of(perceptual_hash(np.asarray(copy(image, how)))) == name


def test_other_photos_differ_in_many_bits() -> None:
    hashes = [perceptual_hash(photo) for photo in samples().values()]
    least = min((a ^ b).bit_count() for number, a in enumerate(hashes) for b in hashes[:number])
    assert least > 5 * MOST_BITS


def test_exactly_the_near_ones_are_found() -> None:
    rng = random.Random(0)
    base = rng.getrandbits(256)
    seen = SeenPhotos()
    seen.add(base, "first")
    for bits, found in ((0, "first"), (1, "first"), (MOST_BITS, "first"), (MOST_BITS + 1, None)):
        for _ in range(200):
            changed = base
            for place in rng.sample(range(256), bits):
                changed ^= 1 << place
            assert seen.copy_of(changed) == found


def test_hardly_any_photos_are_compared() -> None:
    rng, seen = random.Random(1), SeenPhotos()
    for _ in range(8000):
        seen.add(rng.getrandbits(256), "")
    compared = [len(list(seen.candidates(rng.getrandbits(256)))) for _ in range(500)]
    assert np.mean(compared) < 4  # 16 bands, each shared by 8000 / 65536
