"""Settings that belong together, by name: where a training starts from; flags override them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from teacher.networks.flipboard_config import FlipboardConfig
from teacher.networks.residual import ResidualConfig
from teacher.recipes.flipboard import FlipboardRecipe
from teacher.recipes.recipe import Recipe

PresetName = Literal["quick", "flipboard-2015", "standard", "large"]
NetworkName = Literal["residual", "flipboard"]


@dataclass(frozen=True, kw_only=True)
class ResidualPreset:
    """Where the training of a residual network starts from."""

    network: ResidualConfig
    """Its shape."""
    recipe: Recipe
    """How it is trained."""


@dataclass(frozen=True, kw_only=True)
class FlipboardPreset:
    """Where the training of a flipboard network starts from."""

    network: FlipboardConfig
    """Its shape."""
    recipe: FlipboardRecipe
    """How it is trained."""


RESIDUAL: dict[PresetName, ResidualPreset] = {
    # Half an hour on one CPU core; over 2 dB above bicubic on Set5: docs/experiments/teachers.md.
    "quick": ResidualPreset(
        network=ResidualConfig(blocks=4, channels=32), recipe=Recipe(steps=8000, batch=8)
    ),
    # EDSR-baseline's shape and length of training: hours on one GPU.
    "standard": ResidualPreset(
        network=ResidualConfig(blocks=16, channels=64),
        recipe=Recipe(steps=300_000, learning_rate=4e-4, warmup_steps=1000),
    ),
    # EDSR's own shape: 40 million parameters, days on one GPU.
    "large": ResidualPreset(
        network=ResidualConfig(blocks=32, channels=256, residual_scale=0.1),
        recipe=Recipe(steps=300_000, learning_rate=1e-4, warmup_steps=2000),
    ),
}
FLIPBOARD: dict[PresetName, FlipboardPreset] = {
    # A small patch of luma, bicubic as the anchor, little dropout and fast steps: what the 2015
    # mechanisms reach on one CPU core in a quarter of an hour. docs/experiments/teachers.md has what failed.
    "quick": FlipboardPreset(
        network=FlipboardConfig(
            patch_px=8,
            stride_px=2,
            first_maps=24,
            reproject_units=(128,),
            reproject_maps=4,
            middle_maps=(16, 16),
            dense_units=(192, 192),
            dense_keep=0.95,
            first_keep=1.0,
            middle_keep=1.0,
            weight_gain=1.5,
            anchor="bicubic",
            colour="luma",
        ),
        recipe=FlipboardRecipe(
            steps=12_000, learning_rate=0.5, earliest_rate=2.0, early_l2=1e-6, late_l2=1e-5
        ),
    ),
    "flipboard-2015": FlipboardPreset(network=FlipboardConfig(), recipe=FlipboardRecipe()),
}

DEFAULT = {
    "residual": ResidualPreset(network=ResidualConfig(), recipe=Recipe()),
    "flipboard": FLIPBOARD["flipboard-2015"],
}
"""Where a network's training starts from without a preset."""


def choose(
    network: NetworkName | None, preset: PresetName | None
) -> ResidualPreset | FlipboardPreset:
    """Find where a training starts from.

    Args:
        network: As the user named it; without it the preset's, else `residual`.
        preset: As the user named it.

    Raises:
        ValueError: The network has no such preset.
    """
    if preset is None:
        return DEFAULT[network or "residual"]
    of_network = {"residual": RESIDUAL, "flipboard": FLIPBOARD}
    if network is None:
        network = "residual" if preset in RESIDUAL else "flipboard"
    if preset not in of_network[network]:
        known = ", ".join(of_network[network])
        raise ValueError(f"--preset {preset} is not for --network {network}; it has {known}")
    return of_network[network][preset]
