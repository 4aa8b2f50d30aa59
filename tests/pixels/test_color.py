from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.color import rgb2ycbcr

from pixels.color import full_luma, studio_luma
from pixels.tensors import luma, to_bytes, to_float
from tests.made.photos import noise


def test_every_byte_survives_the_way_to_float_and_back() -> None:
    values = np.arange(256, dtype=np.uint8)
    image = np.stack([values, values[::-1], np.roll(values, 7)], axis=-1).reshape(16, 16, 3)
    assert np.array_equal(to_bytes(to_float(image)), image)


def test_floats_are_one_batch_of_planes_from_0_to_1() -> None:
    batch = to_float(np.array([[[0, 51, 255], [255, 0, 102]]], dtype=np.uint8))
    assert batch.dtype == torch.float32
    expected = torch.tensor([[[[0.0, 1.0]], [[0.2, 0.0]], [[1.0, 0.4]]]])
    assert torch.equal(batch, expected)


def test_halves_are_rounded_up_and_never_to_even() -> None:
    # 0.3 * 255 is 76.5 exactly in float32; its even neighbour is 76.
    assert to_bytes(torch.full((1, 3, 1, 1), 0.3)).tolist() == [[[77, 77, 77]]]


def test_what_lies_outside_0_to_1_is_clipped() -> None:
    batch = torch.tensor([-0.5, 1.5, 1.001]).view(1, 3, 1, 1)
    assert to_bytes(batch).tolist() == [[[0, 255, 255]]]


def test_luma_weighs_the_primaries_and_keeps_grey() -> None:
    primaries = torch.eye(3).view(3, 3, 1, 1)
    assert torch.allclose(luma(primaries).flatten(), torch.tensor([0.299, 0.587, 0.114]))
    grey = torch.tensor([0.0, 0.37, 1.0]).view(3, 1, 1, 1).expand(3, 3, 2, 2)
    assert torch.allclose(luma(grey), grey[:, :1], atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1, 4, 4), (1, 4, 4, 4), (3, 4, 4)])
def test_luma_refuses_other_than_three_channels(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        luma(torch.zeros(shape))


def test_studio_luma_is_the_luma_of_scikit_image() -> None:
    image = noise(20, 30)
    assert np.allclose(studio_luma(image), rgb2ycbcr(image)[..., 0], atol=1e-9)


def test_studio_luma_spans_16_to_235_and_full_luma_0_to_255() -> None:
    ends = np.array([[[0, 0, 0], [255, 255, 255]]], dtype=np.uint8)
    assert studio_luma(ends).tolist() == [pytest.approx([16.0, 235.0])]
    assert full_luma(ends).tolist() == [pytest.approx([0.0, 255.0])]


def test_full_luma_of_grey_is_the_grey_itself() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.allclose(full_luma(np.stack([grey] * 3, axis=-1)), grey, atol=1e-9)
