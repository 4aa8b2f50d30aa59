"""Named settings that a training starts from; flags override them."""

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
    """A starting point for training a residual network."""

    shape: ResidualConfig
    """Shape of the network."""
    recipe: Recipe
    """How to train it."""


@dataclass(frozen=True, kw_only=True)
class FlipboardPreset:
    """A starting point for training a flipboard network."""

    shape: FlipboardConfig
    """Shape of the network."""
    recipe: FlipboardRecipe
    """How to train it."""


Preset = ResidualPreset | FlipboardPreset

RESIDUAL: dict[PresetName, ResidualPreset] = {
    # Half an hour on one CPU core; over 2 dB above bicubic on Set5: docs/experiments/teachers.md.
    "quick": ResidualPreset(
        shape=ResidualConfig(blocks=4, channels=32), recipe=Recipe(steps=8000, batch=8)
    ),
    # EDSR-baseline's shape and length of training: hours on one GPU.
    "standard": ResidualPreset(
        shape=ResidualConfig(blocks=16, channels=64),
        recipe=Recipe(steps=300_000, learning_rate=4e-4, warmup_steps=1000),
    ),
    # EDSR's own shape: 40 million parameters, days on one GPU.
    "large": ResidualPreset(
        shape=ResidualConfig(blocks=32, channels=256, residual_scale=0.1),
        recipe=Recipe(steps=300_000, learning_rate=1e-4, warmup_steps=2000),
    ),
}
FLIPBOARD: dict[PresetName, FlipboardPreset] = {
    # A small patch of luma, bicubic as the anchor, little dropout and fast steps: what the 2015
    # mechanisms reach on one CPU core in a quarter of an hour. What failed is in
    # docs/experiments/teachers.md.
    "quick": FlipboardPreset(
        shape=FlipboardConfig(
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
    "flipboard-2015": FlipboardPreset(shape=FlipboardConfig(), recipe=FlipboardRecipe()),
}
