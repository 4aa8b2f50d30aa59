from __future__ import annotations

import pickle
import shutil
from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray

from pixels.quality.butteraugli import PROGRAM, Butteraugli
from pixels.quality.colorvideovdp import ColorVideoVdp
from pixels.quality.judge import Judge
from pixels.quality.judges import judge_for
from pixels.quality.looks import LOOKS
from pixels.quality.screens import DESKTOP, SCREENS, Screen, pixels_per_degree, screen_of
from pixels.quality.ssimulacra2 import Ssimulacra2, ssimulacra2
from pixels.sending.codecs import Codec, decode, encode
from tests.made.photos import noise, photo, samples
from tests.pixels.quality.distortions import blurred, noisy

JUDGES: list[Judge] = [Ssimulacra2(), *(ColorVideoVdp(screen) for screen in SCREENS.values())]
EVERY: list[Judge] = [*JUDGES, *([Butteraugli()] if shutil.which(PROGRAM) else [])]
every_judge = pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.description)


@every_judge
def test_an_equal_picture_is_as_good_as_can_be(judge: Judge) -> None:
    # A flat one and a black one have nothing to divide by.
    black = np.zeros((40, 50, 3), np.uint8)
    for picture in (photo(61, 70), np.full((40, 50, 3), 7, np.uint8), black):
        score = judge.original(picture).score(picture.copy())
        assert score == pytest.approx(judge.measure.identical, abs=0.02)


@every_judge
@pytest.mark.parametrize("codec", ["JPEG", "WEBP", "AVIF"])
def test_a_lower_setting_looks_worse(judge: Judge, codec: Codec) -> None:
    picture = photo(121, 150)
    original = judge.original(picture)
    scores = [original.score(decode(encode(picture, codec, q))) for q in (90, 70, 50, 30, 10)]
    assert scores == sorted(scores, reverse=judge.measure.larger_is_better)
    assert judge.measure.means_something(scores[0])


@pytest.mark.parametrize("judge", EVERY, ids=lambda judge: judge.description)
def test_more_blur_and_more_noise_look_worse(judge: Judge) -> None:
    picture = samples()["coffee"][100:229, 200:346]
    original = judge.original(picture)
    for distort, steps in ((blurred, (0.6, 1.2, 2.0)), (noisy, (0.01, 0.03, 0.055))):
        scores = [original.score(distort(picture, step)) for step in steps]
        assert scores == sorted(scores, reverse=judge.measure.larger_is_better)
        assert len(set(scores)) == len(scores)


@every_judge
def test_an_original_is_not_changed_by_what_is_scored(judge: Judge) -> None:
    picture = photo(64, 81)
    original = judge.original(picture)
    scores = [original.score(shown) for shown in (noise(64, 81), picture[::-1], noise(64, 81))]
    assert scores[0] == scores[2]
    assert original.size == (64, 81)


@every_judge
def test_a_judge_can_be_sent_to_another_process(judge: Judge) -> None:
    sent = pickle.loads(pickle.dumps(judge))
    assert sent == judge
    assert hash(sent) == hash(judge)


@every_judge
def test_other_sizes_and_tiny_photos_are_refused(judge: Judge) -> None:
    with pytest.raises(ValueError, match="at least 8"):
        judge.original(photo(7, 40))
    with pytest.raises(ValueError, match="shapes differ"):
        judge.original(photo(40, 40)).score(photo(40, 41))


def test_a_score_reaches_a_target_in_the_judges_own_direction() -> None:
    better = Ssimulacra2().measure
    assert better.reaches(70.0, 70.0) and not better.reaches(69.9, 70.0)
    assert better.means_something(100.0) and not better.means_something(-3.0)


def test_screens_are_the_ones_described() -> None:
    figures = {
        "desktop": pixels_per_degree(np.hypot(1920, 1080) / 24.0, 60.0),
        "laptop": pixels_per_degree(224.0, 50.0),
        "phone": pixels_per_degree(460.0, 30.0),
    }
    assert {name: screen.pixels_per_degree for name, screen in SCREENS.items()} == {
        name: round(value) for name, value in figures.items()
    }


def test_readers_with_a_screen_have_a_judge_of_their_own() -> None:
    assert judge_for(None) == Ssimulacra2()
    assert judge_for(DESKTOP) == ColorVideoVdp(DESKTOP)
    assert judge_for(screen_of(50.0)).description.startswith("ColorVideoVDP v0.5.7, 50 pix/deg")


@pytest.mark.parametrize(
    "wrong",
    [
        {"pixels_per_degree": 3.0},
        {"pixels_per_degree": 501.0},
        {"pixels_per_degree": 38.0, "contrast": 1.0},
        {"pixels_per_degree": 38.0, "ambient_lux": -1.0},
    ],
)
def test_impossible_screens_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"screen|room"):
        Screen(name="impossible", **wrong)


def test_the_judge_of_pixels_gives_the_functions_score() -> None:
    picture: NDArray[np.uint8] = photo(40, 50)
    shown = decode(encode(picture, "JPEG", 40))
    assert Ssimulacra2().original(picture).score(shown) == ssimulacra2(shown, picture)


def test_looks_are_told_apart_and_ordered() -> None:
    jods = list(LOOKS.values())
    assert jods == sorted(jods, reverse=True)
    # The authors: of two pictures that are 1 JOD apart, 75 % of people choose the better one.
    normal = NormalDist()
    chosen = [100.0 * normal.cdf((10.0 - jod) * normal.inv_cdf(0.75)) for jod in jods]
    assert [round(share) for share in chosen] == [55, 61, 68]
