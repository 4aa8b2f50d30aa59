from __future__ import annotations

import shutil

import pytest

from pixels.quality.butteraugli import PROGRAM, Butteraugli
from pixels.sending.codecs import CODECS, Codec, decode, encode
from plumbing.command import UserError
from tests.made.photos import photo

needs_program = pytest.mark.skipif(
    shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed (libjxl-devtools)"
)


@needs_program
@pytest.mark.parametrize("codec", CODECS)
def test_a_lower_setting_is_farther_away(codec: Codec) -> None:
    picture = photo(121, 150)
    original = Butteraugli().original(picture)
    assert original.score(picture) == 0.0
    distances = [original.score(decode(encode(picture, codec, q))) for q in (95, 60, 20)]
    assert distances == sorted(distances)
    assert distances[0] > 0.1 and distances[-1] > 2.0


@needs_program
def test_more_light_shows_more() -> None:
    picture = photo(121, 150)
    shown = decode(encode(picture, "JPEG", 60))
    dim, bright = (Butteraugli(cd_m2).original(picture).score(shown) for cd_m2 in (80.0, 1000.0))
    assert dim < bright


def test_who_lacks_the_program_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="apt-get install libjxl-devtools"):
        Butteraugli().original(photo(40, 40))


def test_less_is_better() -> None:
    measure = Butteraugli().measure
    assert measure.reaches(0.9, 1.0) and not measure.reaches(1.1, 1.0)
    assert measure.means_something(0.0) and not measure.means_something(11.0)
