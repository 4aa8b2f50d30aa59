from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from distill.judged.colorvideovdp import colorvideovdp_error
from pixels.quality.colorvideovdp import ColorVideoVdp, jod_of
from pixels.quality.screens import DESKTOP, PHONE, Screen
from pixels.tensors import to_float


def compressed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


# Odd and even sides, and a crop of a training.
@pytest.mark.parametrize("size", [(129, 150), (96, 96), (61, 37)], ids=str)
@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=lambda screen: screen.name)
def test_pictures_score_as_by_the_judge_itself(size: tuple[int, int], screen: Screen) -> None:
    picture = np.ascontiguousarray(data.chelsea()[40 : 40 + size[0], 90 : 90 + size[1]])
    shown = [compressed(picture, quality) for quality in (5, 30, 80)]
    batch = torch.cat([to_float(copy) for copy in shown])
    errors = colorvideovdp_error(batch, to_float(picture).expand_as(batch), screen)
    original = ColorVideoVdp(screen).original(picture)
    jod = [jod_of(error) for error in errors.double().tolist()]
    # Float32 in another order: 0.002 JOD, where 0.01 is not seen by anyone.
    assert jod == pytest.approx([original.score(copy) for copy in shown], abs=2e-3)


def test_equal_pictures_have_no_error_and_finite_gradients() -> None:
    picture = to_float(np.array(data.chelsea()[:48, :40]))
    shown = picture.clone().requires_grad_()
    error = colorvideovdp_error(shown, picture).sum()
    error.backward()
    assert jod_of(float(error.detach())) == pytest.approx(10.0, abs=0.01)
    assert shown.grad is not None
    assert bool(shown.grad.isfinite().all())


def test_following_the_gradient_makes_less_visible() -> None:
    picture = np.ascontiguousarray(data.chelsea()[40:136, 100:196])
    shown, truth = to_float(compressed(picture, 20)).requires_grad_(), to_float(picture)
    error = colorvideovdp_error(shown, truth)
    error.sum().backward()
    assert shown.grad is not None
    step = shown.detach() - 0.02 * shown.grad / shown.grad.abs().max()
    assert float(colorvideovdp_error(step, truth)) < 0.99 * float(error.detach())


def test_a_crop_below_eight_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 8 pixels"):
        colorvideovdp_error(torch.zeros(1, 3, 7, 9), torch.zeros(1, 3, 7, 9))
