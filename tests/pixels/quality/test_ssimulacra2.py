from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from ssimulacra2 import compute_ssimulacra2
from ssimulacra2 import ssimulacra2 as package

from pixels.quality import ssimulacra2 as ours_alone
from pixels.quality.ssimulacra2 import Reference, ssimulacra2
from pixels.resize import resize
from tests.made.photos import noise, photo
from tests.pixels.quality.distortions import blurred, noisy


def of_the_package(image: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    files = [io.BytesIO(), io.BytesIO()]
    for pixels, file in zip((truth, image), files, strict=True):
        Image.fromarray(pixels).save(file, "BMP")
        file.seek(0)
    return float(compute_ssimulacra2(files[0], files[1]))


def compressed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def test_the_constants_are_those_of_the_package() -> None:
    model = ours_alone._MODEL
    assert model["weights"] == package.weights.tolist()
    assert (model["scales"], model["c2"]) == (package.kNumScales, package.kC2)
    assert model["opsin_bias"] == package.kB0
    assert np.ravel(model["opsin_absorbance"]).tolist() == package.kOpsinAbsorbanceMatrix.tolist()
    linear = package.srgb_to_linear(np.arange(256)).astype(np.float32)
    np.testing.assert_array_equal(ours_alone._LINEAR, linear)


# All six scales, fewer (scales under 8 pixels a side are skipped), odd and even sides.
SIZES = [(257, 300), (130, 63), (64, 50), (33, 17), (9, 16), (8, 8)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("quality", [5, 40, 80, 97])
def test_it_agrees_with_the_package(size: tuple[int, int], quality: int) -> None:
    picture = np.ascontiguousarray(data.chelsea()[: size[0], : size[1]])
    shown = compressed(picture, quality)
    # Float32 against float64: 0.02 points, where a visible difference is several points.
    assert ssimulacra2(shown, picture) == pytest.approx(of_the_package(shown, picture), abs=0.02)


def test_it_agrees_with_the_package_on_what_is_far_off() -> None:
    picture = photo(90, 100)
    for other in (noise(90, 100), np.zeros_like(picture), picture[::-1].copy()):
        ours, theirs = ssimulacra2(other, picture), of_the_package(other, picture)
        assert ours == pytest.approx(theirs, rel=1e-4)


def test_noise_and_blur_rank_as_in_the_authors_package() -> None:
    picture = np.ascontiguousarray(data.coffee()[100:229, 200:346])
    copies = [
        *(blurred(picture, sigma_px) for sigma_px in (0.6, 1.2, 2.0)),
        *(noisy(picture, deviation) for deviation in (0.01, 0.03, 0.055)),
    ]
    theirs = [of_the_package(copy, picture) for copy in copies]
    ours = [ssimulacra2(copy, picture) for copy in copies]
    assert np.argsort(ours).tolist() == np.argsort(theirs).tolist()


def test_an_original_serves_many_pictures() -> None:
    picture = photo(90, 100)
    reference = Reference(picture)
    scores = [reference.score(compressed(picture, quality)) for quality in (20, 90, 20)]
    assert scores[0] == scores[2] < scores[1]


def test_equal_pictures_score_one_hundred_and_worse_ones_less() -> None:
    original = photo(64, 80)
    soft = resize(resize(original, (32, 40)), (64, 80))
    softer = resize(resize(original, (16, 20)), (64, 80))
    scores = [ssimulacra2(image, original) for image in (original, soft, softer, noise(64, 80))]
    assert scores[0] == pytest.approx(100.0)
    assert scores == sorted(scores, reverse=True)
    assert scores[1] < 95.0
    assert scores[3] < 0.0


def test_pictures_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        ssimulacra2(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 9, 3), np.uint8))
