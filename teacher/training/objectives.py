"""What the teachers' networks minimise, and what the 2015 network has to know of the photos."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from teacher.networks.flipboard import Flipboard
from teacher.networks.registry import Network
from teacher.recipes.recipe import Recipe
from teacher.training.feed import Batch

# A deviation of this many patches is off by less than two percent of itself.
_SAMPLE_PATCHES = 4096
# No training has so many steps: the sample's patches are its own.
_SAMPLE_STEP = 2**31


def absolute_error(network: Network, batch: Batch) -> dict[str, Tensor]:
    """Mean absolute error in the network's own colours.

    Args:
        network: Any network.
        batch: Reduced crops (batch, 3, side, side) and the originals, uint8; and, where training is
            to be polished, (batch, 1, 1, 1) with 1 for crops whose error is squared, else 0.

    Source: EDSR (Lim et al., 2017), which found L1 to train better than L2.
    """
    reduced, original = (network.native(layer.float() / 255.0) for layer in batch[:2])
    error = network.core(reduced) - original
    if len(batch) == 2:
        return {"truth": error.abs().mean()}
    [squared] = batch[2:]
    return {"truth": torch.lerp(error.abs(), error.square(), squared).mean()}


def polished(batch_at: Callable[[int], Batch], recipe: Recipe) -> Callable[[int], Batch]:
    """Add to batches what tells `absolute_error` which steps polish, if any do.

    A layer and not an argument: it travels with the crops to whichever process works on them.
    """
    if recipe.polish_share == 0.0:
        return batch_at

    def marked(step: int) -> Batch:
        layers = batch_at(step)
        squared = torch.full((len(layers[0]), 1, 1, 1), float(recipe.polishes(step)))
        return [*layers, squared]

    return marked


def patch_square_error(network: Network, batch: Batch) -> dict[str, Tensor]:
    """Mean square error of output patches, in standard deviations of what has to be given.

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
    """Measure the photos' mean and standard deviation, and fix them in the network.

    On a sample of random patches, in the network's own colours, one number for each channel and
    never one for each pixel: a sliding window has no fixed places.

    Args:
        network: Whose statistics are wanted.
        batch_at: Gives the batch of a step.
        batch: How many patches a batch holds.
    """
    drawn = [
        _patches(network, batch_at(_SAMPLE_STEP + number))
        for number in range(-(-_SAMPLE_PATCHES // batch))
    ]
    patches, original = (torch.cat(parts).double() for parts in zip(*drawn, strict=True))
    seen = network.seen(patches)
    mean, deviation = _statistics(seen)
    network.standardise(mean, deviation, torch.ones_like(deviation))  # `base` needs the mean
    _, output_deviation = _statistics(original - network.base(patches.float()))
    network.standardise(mean, deviation, output_deviation)


def _patches(network: Flipboard, batch: Batch) -> tuple[Tensor, Tensor]:
    """Take from a batch the patches in the network's colours, and what belongs in their output."""
    patches, original = (network.native(layer.float() / 255.0) for layer in batch)
    rim = network.scale * network.config.border_px
    side = network.scale * network.config.output_px
    return patches, original[:, :, rim : rim + side, rim : rim + side]


def _statistics(values: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel; a flat channel counts as one of deviation 1."""
    deviation, mean = torch.std_mean(values, dim=(0, 2, 3))
    deviation = torch.where(deviation < 1e-6, torch.ones_like(deviation), deviation)
    return mean.float(), deviation.float()
