from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from distill.judged.ssimulacra2 import ssimulacra2_error
from pixels.quality.ssimulacra2 import on_scale, ssimulacra2
from pixels.tensors import to_float


def compressed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


# Odd and even sides, both with all six scales.
@pytest.mark.parametrize("size", [(257, 300), (256, 226)], ids=str)
def test_photos_score_as_by_the_judge_itself(size: tuple[int, int]) -> None:
    picture = np.ascontiguousarray(data.chelsea()[: size[0], : size[1]])
    shown = [compressed(picture, quality) for quality in (5, 40, 80, 97)]
    batch = torch.cat([to_float(copy) for copy in shown])
    errors = ssimulacra2_error(batch, to_float(picture).expand_as(batch))
    scores = [on_scale(error) for error in errors.double().tolist()]
    # Float32 in another order: 0.01 points, where a visible difference is several.
    assert scores == pytest.approx([ssimulacra2(copy, picture) for copy in shown], abs=0.01)


def test_a_crop_keeps_the_weights_of_a_whole_photo() -> None:
    picture = np.ascontiguousarray(data.chelsea()[:96, :96])
    shown = compressed(picture, 40)
    error = float(ssimulacra2_error(to_float(shown), to_float(picture)))
    wide = np.ascontiguousarray(np.tile(picture, (4, 4, 1)))
    whole = float(ssimulacra2_error(*(to_float(np.tile(p, (4, 4, 1))) for p in (shown, picture))))
    assert on_scale(whole) == pytest.approx(ssimulacra2(np.tile(shown, (4, 4, 1)), wide), abs=0.01)
    # The crop lacks two scales of six. By the weights of small pictures it would be 14 points
    # worse than the photo.
    assert 0.6 * whole < error < 0.8 * whole
    assert ssimulacra2(shown, picture) < on_scale(whole) - 10.0


def test_equal_pictures_have_no_error_and_finite_gradients() -> None:
    picture = to_float(np.array(data.chelsea()[:48, :40]))
    shown = picture.clone().requires_grad_()
    error = ssimulacra2_error(shown, picture).sum()
    error.backward()
    assert float(error.detach()) == pytest.approx(0.0, abs=0.01)
    assert shown.grad is not None
    assert bool(shown.grad.isfinite().all())


def test_following_the_gradient_raises_the_score() -> None:
    picture = np.ascontiguousarray(data.chelsea()[40:136, 100:196])
    start = compressed(picture, 30)
    shown = to_float(start).requires_grad_()
    ssimulacra2_error(shown, to_float(picture)).sum().backward()
    assert shown.grad is not None
    step = shown.detach() - 0.02 * shown.grad / shown.grad.abs().max()
    truth = to_float(picture)
    before, after = (float(ssimulacra2_error(one, truth)) for one in (shown.detach(), step))
    assert after < 0.99 * before


def test_colours_out_of_range_count_as_clipped_and_still_learn() -> None:
    truth = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    shown = (1.5 * truth - 0.2).requires_grad_()
    error = ssimulacra2_error(shown, truth)
    torch.testing.assert_close(error, ssimulacra2_error(shown.detach().clamp(0.0, 1.0), truth))
    error.sum().backward()
    assert shown.grad is not None
    outside = (shown < 0.0) | (shown > 1.0)
    assert float(shown.grad[outside].abs().max()) > 0.0


def test_a_crop_below_eight_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 8 pixels"):
        ssimulacra2_error(torch.zeros(1, 3, 7, 9), torch.zeros(1, 3, 7, 9))
