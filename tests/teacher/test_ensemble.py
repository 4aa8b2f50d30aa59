"""The eight-fold self-ensemble."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from teacher.ensemble import self_ensemble
from teacher.networks import Residual, ResidualConfig


def test_a_network_without_preferred_direction_stays_what_it_is() -> None:
    def nearest(image: torch.Tensor) -> torch.Tensor:
        return F.interpolate(image, scale_factor=2)

    image = torch.rand(2, 3, 5, 9)
    assert torch.allclose(self_ensemble(nearest)(image), nearest(image), atol=1e-6)


def test_any_network_becomes_blind_to_turns_and_flips() -> None:
    torch.manual_seed(0)
    network = Residual(ResidualConfig(blocks=1, channels=4)).eval()
    image = torch.rand(1, 3, 7, 4)
    with torch.inference_mode():
        plain, ensemble = network(image), self_ensemble(network)(image)
        turned = self_ensemble(network)(torch.rot90(image.flip(3), 1, (2, 3)))
    assert ensemble.shape == (1, 3, 14, 8)
    assert torch.allclose(turned, torch.rot90(ensemble.flip(3), 1, (2, 3)), atol=1e-6)
    assert (ensemble - plain).abs().max() > 1e-4


def test_all_eight_positions_count_alike() -> None:
    seen = []

    def first_pixel(image: torch.Tensor) -> torch.Tensor:
        seen.append(float(image[0, 0, 0, 0]))
        return image

    image = torch.arange(6.0).view(1, 1, 2, 3)
    self_ensemble(first_pixel)(image)
    assert sorted(seen) == [0, 0, 2, 2, 3, 3, 5, 5]  # each corner, twice
