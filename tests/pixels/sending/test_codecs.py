from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from PIL import Image
from skimage import data

from pixels.quality.psnr_ssim import luma_psnr
from pixels.quality.ssimulacra2 import ssimulacra2
from pixels.resize import resize
from pixels.sending.codecs import (
    CODECS,
    EFFORTS,
    REDUCTIONS,
    Codec,
    Reduction,
    decode,
    distinct_settings,
    encode,
    enlarged_to,
    padded_size,
    reduce,
)
from tests.made.photos import noise, photo


@pytest.mark.parametrize("codec", CODECS)
def test_the_same_picture_gives_the_same_bytes_and_more_quality_more_of_them(codec: Codec) -> None:
    picture = photo(60, 81)
    files = [encode(picture, codec, quality) for quality in (20, 50, 90)]
    assert files == [encode(picture, codec, quality) for quality in (20, 50, 90)]
    assert len(files[0]) < len(files[1]) < len(files[2])
    shown = [decode(file) for file in files]
    assert all(picture.shape == back.shape for back in shown)
    psnrs = [luma_psnr(back, picture, shave_px=0) for back in shown]
    assert psnrs == sorted(psnrs)
    assert psnrs[2] > 30.0


def test_jpeg_is_progressive_with_half_the_chroma() -> None:
    with Image.open(io.BytesIO(encode(photo(60, 81), "JPEG", 70))) as image:
        assert image.info["progressive"] == 1
        assert [layer[1:3] for layer in getattr(image, "layer")] == [(2, 2), (1, 1), (1, 1)]  # noqa: B009


def test_a_jpeg_for_a_site_is_smaller_than_that_of_libjpeg_turbo_at_no_lower_score() -> None:
    picture = data.coffee()[:256, :256]

    def by_turbo(quality: int) -> bytes:
        file = io.BytesIO()
        Image.fromarray(picture).save(
            file, "JPEG", quality=quality, optimize=True, progressive=True
        )
        return file.getvalue()

    file = encode(picture, "JPEG", 70)
    score = ssimulacra2(decode(file), picture)
    plain = next(
        f for f in map(by_turbo, range(40, 100)) if ssimulacra2(decode(f), picture) >= score
    )
    assert len(file) < 0.95 * len(plain)


def test_more_effort_makes_smaller_files_of_every_size() -> None:
    picture = data.coffee()[:256, :256]
    for codec in ("WEBP", "AVIF"):
        files = [encode(picture, codec, 55, EFFORTS[effort]) for effort in ("fast", "normal")]
        scores = [ssimulacra2(decode(file), picture) for file in files]
        assert len(files[1]) < len(files[0])
        assert scores[1] > scores[0] - 1.0
    assert [settings.avif_speed for settings in EFFORTS.values()] == [6, 4, 3]


@pytest.mark.parametrize("codec", CODECS)
def test_noise_at_full_quality_is_encoded(codec: Codec) -> None:
    # Pillow's JPEG encoder once ran out of its buffer on these.
    assert decode(encode(noise(300, 400), codec, 100)).shape == (300, 400, 3)


@pytest.mark.parametrize("codec", CODECS)
def test_metadata_is_kept_only_on_request(codec: Codec) -> None:
    exif = Image.Exif()
    exif[0x013B] = "someone"
    plain, carrying = (encode(photo(20, 30), codec, 60, exif=e) for e in (b"", exif.tobytes()))
    with Image.open(io.BytesIO(carrying)) as image:
        assert image.getexif()[0x013B] == "someone"
    with Image.open(io.BytesIO(plain)) as image:
        assert not image.getexif()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="quality"):
        encode(photo(20, 20), "JPEG", 0)
    with pytest.raises(ValueError, match="transparency"):
        encode(np.dstack([photo(20, 20), np.zeros((20, 20), np.uint8)]), "JPEG", 60)
    with pytest.raises(ValueError, match="cover"):
        enlarged_to(photo(20, 20), (21, 20))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("size", [(40, 60), (41, 60), (40, 61), (41, 61), (1, 1)])
def test_a_reduced_photo_rounds_up_and_covers_the_original(
    reduction: Reduction, size: tuple[int, int]
) -> None:
    original = photo(*size)
    reduced = reduce(original, reduction)
    assert reduced.shape[:2] == padded_size(size) == ((size[0] + 1) // 2, (size[1] + 1) // 2)
    back = enlarged_to(resize(reduced, (2 * reduced.shape[0], 2 * reduced.shape[1])), size)
    assert back.shape == original.shape


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_odd_sides_move_nothing(reduction: Reduction) -> None:
    original = photo(40, 60)
    inner = np.s_[:-6, :-6]  # filters and sharpening see the edge no farther than 6 pixels away
    cut, whole = (reduce(picture, reduction) for picture in (original[:39, :59], original))
    assert np.array_equal(cut[inner], whole[inner])


def test_the_filters_differ_as_they_should() -> None:
    original = photo(64, 64)
    reduced = {r: reduce(original, r).astype(float) for r in REDUCTIONS}
    assert all((reduced[a] != reduced[b]).any() for a, b in itertools.combinations(REDUCTIONS, 2))
    assert np.std(reduced["sharp"]) > np.std(reduced["lanczos"])
    assert np.array_equal(reduce(original, "bicubic"), resize(original, (32, 32)))
    blocks = original.reshape(32, 2, 32, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(reduce(original, "area") - blocks).max() <= 1.0


def test_settings_of_avif_that_are_left_out_have_the_files_of_the_ones_below() -> None:
    picture = noise(16, 16)
    files = [encode(picture, "AVIF", quality) for quality in range(1, 101)]
    differing = [1, *(q for q in range(2, 101) if files[q - 1] != files[q - 2])]
    assert list(distinct_settings("AVIF")) == differing
    assert distinct_settings("WEBP") == distinct_settings("JPEG") == tuple(range(1, 101))
