from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from pixels.quality.psnr_ssim import compare
from pixels.resize import crop_to_multiple, cropped_size, resize
from pixels.scale import SCALES
from pixels.sending.codecs import EFFORTS, Codec, reduce, round_trip
from pixels.sending.degrade import (
    Degradation,
    ToolReduction,
    apply,
    degrade,
    degrade_in_blocks,
    draw,
)
from tests.made.photos import photo, samples

FINE = Degradation(
    reduction="pillow-bicubic",
    sharpening=0.0,
    noise=0.0,
    codec="JPEG",
    quality=95,
    subsampling="4:4:4",
)


def changed(**fields: object) -> Degradation:
    return Degradation(**{**vars(FINE), **fields})  # pyright: ignore[reportArgumentType]


def coffee() -> NDArray[np.uint8]:
    return samples()["coffee"]


def difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    return float(np.abs(first.astype(int) - second).mean())


def degraded(way: Degradation) -> NDArray[np.uint8]:
    return apply(coffee(), Fraction(2), way, np.random.default_rng(0))


def test_degradations_are_drawn_from_all_that_sites_do() -> None:
    rng = np.random.default_rng(0)
    ways = [draw(rng) for _ in range(3000)]
    codecs = Counter(way.codec for way in ways)
    assert len(codecs) == 3
    assert min(codecs.values()) > 900
    reductions = Counter(way.reduction for way in ways)
    shares = {name: count / len(ways) for name, count in reductions.items()}
    assert shares == {
        "pillow-bicubic": pytest.approx(0.6, abs=0.03),
        "lanczos": pytest.approx(0.25, abs=0.03),
        "area": pytest.approx(0.15, abs=0.03),
    }
    qualities = [way.quality for way in ways]
    assert (min(qualities), max(qualities)) == (40, 95)
    for codec in ("JPEG", "AVIF"):
        found = Counter(way.subsampling for way in ways if way.codec == codec)
        assert min(found["4:2:0"], found["4:4:4"]) > 400
    assert {way.subsampling for way in ways if way.codec == "WEBP"} == {"4:2:0"}
    noises = [way.noise for way in ways]
    assert min(noises) == 0.0
    assert 1.4 < max(noises) <= 1.5
    assert max(abs(way.sharpening) for way in ways) <= 0.3
    for values in (noises, [way.sharpening for way in ways]):
        assert np.count_nonzero(values) / len(ways) == pytest.approx(0.25, abs=0.03)


def test_the_same_chances_give_the_same_picture() -> None:
    for seed in range(6):
        part = coffee()[100:220, 200:360]
        one, again = (degrade(part, Fraction(2), np.random.default_rng(seed)) for _ in range(2))
        assert np.array_equal(one, again)
        assert not np.array_equal(
            one, degrade(part, Fraction(2), np.random.default_rng(seed + 100))
        )


@pytest.mark.parametrize("codec", ["JPEG", "WEBP", "AVIF"])
def test_lower_quality_is_worse_and_the_highest_is_near(codec: Codec) -> None:
    clean = resize(coffee(), (200, 300))
    errors = []
    for quality in (40, 70, 95):
        way = changed(codec=codec, quality=quality, subsampling="4:2:0")
        errors.append(difference(degraded(way), clean))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 3.0


@pytest.mark.parametrize("codec", ["JPEG", "AVIF"])
def test_chroma_is_subsampled_or_not(codec: Codec) -> None:
    fine, coarse = (degraded(changed(codec=codec, subsampling=kind)) for kind in ("4:4:4", "4:2:0"))
    clean = resize(coffee(), (200, 300))
    assert difference(coarse, clean) > 1.15 * difference(fine, clean)


@pytest.mark.parametrize("reduction", ["lanczos", "area"])
def test_reductions_differ_a_little(reduction: ToolReduction) -> None:
    other, own = degraded(changed(reduction=reduction)), degraded(FINE)
    assert 0.1 < difference(other, own) < 4.0


def test_noise_and_sharpening_are_mild_and_as_requested() -> None:
    clean = resize(coffee(), (200, 300)).astype(float)
    plain, half, most = ((degraded(changed(noise=n)) - clean).var() for n in (0.0, 0.75, 1.5))
    # The encoder takes some of it away.
    assert 1.0 < (most - plain) ** 0.5 < 1.5
    assert 0.25 < (half - plain) ** 0.5 < 0.75
    edges = [
        float(np.abs(np.diff(degraded(changed(sharpening=amount)).astype(int), axis=1)).mean())
        for amount in (-0.15, 0.0, 0.3)
    ]
    assert edges[0] < edges[1] < edges[2] < 1.35 * edges[0]


@pytest.mark.parametrize("scale", SCALES, ids=str)
@pytest.mark.parametrize("size", [(61, 47), (8, 100)])
def test_sizes_follow_the_scale(scale: Fraction, size: tuple[int, int]) -> None:
    expected = (*cropped_size(size, scale), 3)
    pixels = photo(*size)
    assert degrade(pixels, scale, np.random.default_rng(1)).shape == expected
    assert degrade_in_blocks(pixels, scale, (1, 2), block_px=9).shape == expected


@pytest.mark.parametrize("scale", [Fraction(3, 2), Fraction(4, 3)], ids=str)
def test_blocks_of_a_ratio_lie_where_the_whole_has_them(
    scale: Fraction, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a codec, what remains is the reduction: each block's is that of the whole.
    monkeypatch.setattr("pixels.sending.degrade.round_trip", lambda picture, *_, **__: picture)
    pixels = photo(150, 121)
    blocks = degrade_in_blocks(pixels, scale, (1, 2), block_px=25, sending="fine")
    whole = reduce(crop_to_multiple(pixels, scale), "pillow-bicubic", scale)
    # Pillow's weights differ in their last bits from place to place, which tips values that lie
    # half-way between two bytes; a block out of place would change nearly every pixel.
    difference = np.abs(blocks.astype(int) - whole)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.02


def test_blocks_are_degraded_each_in_its_own_way() -> None:
    one, other = (degrade_in_blocks(coffee(), Fraction(2), (7, v), block_px=50) for v in (0, 1))
    blocks = [
        compare(one[y : y + 50, x : x + 50], other[y : y + 50, x : x + 50], shave_px=0).psnr
        for y in range(0, 200, 50)
        for x in range(0, 300, 50)
    ]
    assert max(blocks) - min(blocks) > 5.0


def test_blocks_are_compressed_with_what_lies_around_them() -> None:
    pixels = coffee()
    altered = pixels.copy()
    altered[:, 100:104] = 255 - altered[:, 100:104]  # just beyond the first blocks
    changes = np.zeros((200, 300), bool)
    for variant in range(4):
        before, after = (
            degrade_in_blocks(photo, Fraction(2), (7, variant), block_px=50)
            for photo in (pixels, altered)
        )
        changes |= (before != after).any(axis=-1)
    assert changes[:, 49].mean() > 0.9  # in the first blocks, beside what was altered


def test_pixels_beyond_the_margin_have_no_influence() -> None:
    pixels = coffee()
    altered = pixels.copy()
    altered[:, 2 * (50 + 16) :] = 0
    for variant in range(4):
        before, after = (
            degrade_in_blocks(photo, Fraction(2), (7, variant), block_px=50)
            for photo in (pixels, altered)
        )
        assert np.array_equal(before[:, :50], after[:, :50])


def test_fine_files_are_undistorted_bicubic_and_of_high_quality() -> None:
    ways = [draw(np.random.default_rng(seed), "fine") for seed in range(300)]
    assert {way.noise for way in ways} == {0.0}
    assert min(way.quality for way in ways) in range(65, 68)
    assert max(way.quality for way in ways) in range(95, 98)
    assert {way.sharpening for way in ways} == {0.0}
    assert {way.reduction for way in ways} == {"pillow-bicubic"}
    assert {way.codec for way in ways} == {"JPEG", "WEBP", "AVIF"}


@pytest.mark.parametrize(
    ("scale", "avif"), [(Fraction(2), (44, 82)), (Fraction(3, 2), (28, 86))], ids=str
)
def test_published_photos_are_mostly_avif_at_the_settings_of_their_scale(
    scale: Fraction, avif: tuple[int, int]
) -> None:
    rng = np.random.default_rng(0)
    ways = [draw(rng, "published", scale) for _ in range(2000)]
    codecs = Counter(way.codec for way in ways)
    assert codecs["AVIF"] / len(ways) == pytest.approx(0.8, abs=0.03)
    qualities = [way.quality for way in ways if way.codec == "AVIF"]
    assert (min(qualities), max(qualities)) == avif
    assert {way.reduction for way in ways} == {"lanczos", "bicubic"}
    assert {(way.noise, way.sharpening) for way in ways} == {(0.0, 0.0)}
    assert {way.codec for way in ways if way.subsampling == "4:4:4"} == {"AVIF"}
    part = coffee()[100:160, 200:290]
    sent = apply(part, scale, ways[0], rng)
    reduced = reduce(crop_to_multiple(part, scale), ways[0].reduction, scale)
    expected = round_trip(
        reduced, ways[0].codec, ways[0].quality, EFFORTS["fast"], subsampling=ways[0].subsampling
    )
    np.testing.assert_array_equal(sent, expected)
