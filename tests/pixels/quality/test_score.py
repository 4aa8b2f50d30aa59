from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from pixels.quality.psnr_ssim import compare
from pixels.quality.score import SMALLEST_PX, Original
from pixels.sending.codecs import decode, encode
from tests.made.photos import noise, photo

PICTURES = {
    "made": photo(61, 70),
    "astronaut": np.ascontiguousarray(data.astronaut()[40:240, 120:335]),
    "chelsea": np.ascontiguousarray(data.chelsea()[50:131, 100:190]),
    "noise": noise(40, 40),
}


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize("quality", [5, 40, 75, 95])
def test_scores_are_those_of_the_published_protocol(
    picture: NDArray[np.uint8], quality: int
) -> None:
    shown = decode(encode(picture, "JPEG", quality))
    score, published = Original(picture).score(shown), compare(shown, picture, shave_px=0)
    assert score.psnr == pytest.approx(published.psnr, abs=1e-9)
    assert score.ssim == pytest.approx(published.ssim, abs=2e-5)  # float32 against float64


def test_an_equal_picture_is_without_fault_and_a_flat_one_does_not_break() -> None:
    for picture in (photo(40, 50), np.full((40, 50, 3), 7, np.uint8)):
        score = Original(picture).score(picture)
        assert (score.ssimulacra2, score.psnr) == (pytest.approx(100.0, abs=0.02), float("inf"))
        assert score.ssim == pytest.approx(1.0, abs=1e-6)


def test_many_pictures_of_one_original_do_not_touch_each_other() -> None:
    picture = PICTURES["astronaut"]
    original = Original(picture)
    files = [decode(encode(picture, "WEBP", quality)) for quality in (10, 90, 10)]
    first, second, third = (original.score(shown) for shown in files)
    assert first == third
    assert second.ssimulacra2 > first.ssimulacra2
    assert original.ssimulacra2(files[0]) == first.ssimulacra2


def test_other_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=f"at least {SMALLEST_PX}"):
        Original(photo(SMALLEST_PX - 1, 40))
    with pytest.raises(ValueError, match="shapes differ"):
        Original(photo(40, 40)).ssimulacra2(photo(40, 41))


@pytest.mark.alone
def test_scoring_many_pictures_takes_less_time_than_the_package() -> None:
    from tests.pixels.quality.test_ssimulacra2 import of_the_package

    picture = np.ascontiguousarray(data.astronaut()[:300, :300])
    shown = decode(encode(picture, "JPEG", 40))
    original = Original(picture)

    def seconds(package: bool) -> float:
        start = time.process_time()  # what else runs on the machine does not count
        _ = of_the_package(shown, picture) if package else original.ssimulacra2(shown)
        return time.process_time() - start

    times = [(seconds(True), seconds(False)) for _ in range(5)]
    slow, fast = (float(np.median([pair[i] for pair in times])) for i in (0, 1))
    assert fast < 0.75 * slow  # measured: an eighth with AVX-512, 0.38 to 0.47 with AVX2
