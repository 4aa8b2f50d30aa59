"""The objectives of the teacher's networks, and the photo statistics of the 2015 network."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from teacher.networks.flipboard import Flipboard
from teacher.networks.registry import Network
from teacher.recipes.recipe import Recipe
from teacher.training.feed import Batch

# The standard deviation of this many patches is accurate to two percent.
_SAMPLE_PATCHES = 4096
# No training has this many steps: the sample shares no patches with it.
_SAMPLE_STEP = 2**31


def absolute_error(network: Network, batch: Batch) -> dict[str, Tensor]:
    """Mean absolute error in the network's own colour channels.

    Args:
        network: Any network.
        batch: Reduced crops (batch, 3, side, side) and the originals, uint8; with polishing also
            (batch, 1, 1, 1), 1 for crops whose error is squared, else 0.

    Source: EDSR (Lim et al., 2017), which found L1 to train better than L2.
    """
    reduced, original = (network.native(layer.float() / 255.0) for layer in batch[:2])
    error = network.core(reduced) - original
    if len(batch) == 2:
        return {"truth": error.abs().mean()}
    [squared] = batch[2:]
    return {"truth": torch.lerp(error.abs(), error.square(), squared).mean()}


def polished(batch_at: Callable[[int], Batch], recipe: Recipe) -> Callable[[int], Batch]:
    """Mark the batches of polishing steps for `absolute_error`, if the recipe has any.

    The mark is a layer, not an argument: it reaches the process that works on the crops.
    """
    if recipe.polish_share == 0.0:
        return batch_at

    def marked(step: int) -> Batch:
        layers = batch_at(step)
        squared = torch.full((len(layers[0]), 1, 1, 1), float(recipe.polishes(step)))
        return [*layers, squared]

    return marked


def patch_square_error(network: Network, batch: Batch) -> dict[str, Tensor]:
    """Mean square error of output patches, in standard deviations of the target.

    Args:
        network: A `Flipboard`.
        batch: Reduced patches (batch, 3, patch_px, patch_px) and the originals, uint8.

    Source: the 2015 post, see `teacher.networks.flipboard`.
    """
    if not isinstance(network, Flipboard):
        raise TypeError(f"patches are for the flipboard network, not for {network.name}")
    patches, original = _patches(network, batch)
    error = (network.enlarge_patches(patches) - original) / network.output_deviation
    return {"truth": error.square().mean()}


@torch.no_grad()
def standardise(network: Flipboard, batch_at: Callable[[int], Batch], batch: int) -> None:
    """Measure the mean and standard deviation of the photos, and store them in the network.

    They are measured on random patches in the network's own colour channels: one number per
    channel, not one per pixel, because a sliding window has no fixed position.

    Args:
        network: The network to standardise.
        batch_at: Returns the batch of a step.
        batch: Number of patches in a batch.
    """
    drawn = [
        _patches(network, batch_at(_SAMPLE_STEP + number))
        for number in range(-(-_SAMPLE_PATCHES // batch))
    ]
    patches, original = (torch.cat(parts).double() for parts in zip(*drawn, strict=True))
    mean, deviation = _statistics(network.seen(patches))
    network.standardise(mean, deviation, torch.ones_like(deviation))  # `base` needs the mean
    _, output_deviation = _statistics(original - network.base(patches.float()))
    network.standardise(mean, deviation, output_deviation)


def _patches(network: Flipboard, batch: Batch) -> tuple[Tensor, Tensor]:
    """Extract a batch's patches in the network's colour channels, and their target outputs."""
    patches, original = (network.native(layer.float() / 255.0) for layer in batch)
    rim = int(network.scale * network.config.border_px)
    side = int(network.scale * network.config.output_px)
    return patches, original[:, :, rim : rim + side, rim : rim + side]


def _statistics(values: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel; a flat channel gets a deviation of 1."""
    deviation, mean = torch.std_mean(values, dim=(0, 2, 3))
    deviation = torch.where(deviation < 1e-6, torch.ones_like(deviation), deviation)
    return mean.float(), deviation.float()
