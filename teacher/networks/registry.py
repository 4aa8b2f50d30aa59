"""All networks, and how to build one from the name and config in a run folder.

Every network takes and returns RGB: `forward(rgb)` maps float32 (batch, 3, height, width) in [0, 1]
to (batch, 3, scale * height, scale * width), clipped to [0, 1]; this is what is evaluated and
exported. Training calls `core`, which works on the network's own colour channels (`native`
extracts them from RGB) and does not clip, so that gradients never vanish at the limits.
`scale` is a `Fraction` up/down, and sides are multiples of `down`. `margin_px` is the
receptive-field radius, and tiles start at multiples of `align_px`: with both, tiles give exactly
the pixels of the whole picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.networks.flipboard import Flipboard
from teacher.networks.flipboard_config import FlipboardConfig
from teacher.networks.integer.chain import IntegerChain
from teacher.networks.integer.config import IntegerChainConfig
from teacher.networks.integer.quantised import QuantisedChain
from teacher.networks.residual import Residual, ResidualConfig
from teacher.networks.settings import config_of

Network = Residual | Flipboard | Chain | IntegerChain | QuantisedChain
Config = ResidualConfig | FlipboardConfig | ChainConfig

_NETWORKS = {
    Residual.name: (Residual, ResidualConfig),
    Flipboard.name: (Flipboard, FlipboardConfig),
    Chain.name: (Chain, ChainConfig),
    IntegerChain.name: (IntegerChain, IntegerChainConfig),
}


def build(name: str, settings: Mapping[str, Any]) -> Network:
    """Build a network with fresh weights.

    Args:
        name: `residual`, `flipboard`, `chain` or `integer-chain`.
        settings: The fields of its config, as read from JSON.

    Raises:
        ValueError: The name or a setting is unknown or out of range.
    """
    if name not in _NETWORKS:
        raise ValueError(f"unknown network {name!r}; known are {', '.join(_NETWORKS)}")
    network, config = _NETWORKS[name]
    built = config_of(config, name, settings)
    try:
        return network(built)  # pyright: ignore[reportArgumentType]
    except TypeError as error:  # half a block, say
        raise ValueError(f"unknown settings for network {name!r}: {error}") from error


def parameter_count(network: nn.Module) -> int:
    """Count the trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters())


def macs_per_output_pixel(network: Network) -> float:
    """Count multiply-accumulates of all layers, fixed ones included, per output pixel."""
    if isinstance(network, Flipboard):
        return network.macs_per_window() / (int(network.scale) * network.config.stride_px) ** 2
    if isinstance(network, (IntegerChain, QuantisedChain)):
        whole = IntegerChain(network.config)
        return whole.macs_per_block() / network.scale.numerator**2
    tensors = [*network.parameters(), *network.buffers()]
    # Every convolution gives one value per block of the input, which is a pixel for whole scales:
    # each weight of a kernel is used once per up^2 output pixels.
    return sum(tensor.numel() for tensor in tensors if tensor.ndim == 4) / (
        network.scale.numerator**2
    )
