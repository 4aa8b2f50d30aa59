"""Grow a trained student into a larger one with the same output."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import torch
from torch import Tensor, nn

from distill.collapsible import identity_kernel, kernel_and_bias
from distill.students import fresh
from pixels.color import LUMA_WEIGHTS
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig


def grow(chain: Chain, shape: ChainConfig) -> Chain:
    """Copy a chain into a larger one that computes the same until it is trained further.

    Added convolutions follow the existing ones and pass each feature map on. A PReLU that replaces
    a ReLU begins with slopes of 0. When RGB replaces luma, the correction of luma is added to each
    colour: luma stays the same, except for clipping; chroma is repeated instead of bicubic.

    Source: Chen et al., "Net2Net: Accelerating Learning via Knowledge Transfer", 2016.

    Args:
        chain: A plain chain with trained weights.
        shape: Shape of the result; the chain's own shape gives a copy.

    Raises:
        ValueError: A chain of that shape cannot compute the same.
    """
    _check(chain.config, shape)
    known = chain.config.body
    grown = Chain(shape)
    with torch.no_grad():
        for number in (*range(known + 1), -1):
            state = chain.convolutions[number].state_dict()
            grown.convolutions[number].load_state_dict(
                _coloured(state, first=number == 0, last=number == -1)
                if shape.colour != chain.config.colour
                else state
            )
        for kernel, bias in map(kernel_and_bias, grown.convolutions[known + 1 : -1]):
            kernel.copy_(identity_kernel(kernel))
            bias.zero_()
        for number, activation in enumerate(grown.activations):
            if isinstance(activation, nn.PReLU):
                activation.weight.fill_(0.0 if number <= known else 1.0)
        for copy, activation in zip(grown.activations, chain.activations, strict=False):
            if isinstance(activation, nn.PReLU):
                copy.load_state_dict(activation.state_dict())
    return grown


def with_body_of(chain: Chain, scale: Fraction) -> Chain:
    """Make a chain of another scale from the body of a trained one.

    The first and the last convolution depend on the scale: they are fresh, and the others and all
    activations are copied.
    """
    made = fresh(replace(chain.config, scale=scale))
    for copy, layer in zip(made.convolutions[1:-1], chain.convolutions[1:-1], strict=True):
        copy.load_state_dict(layer.state_dict())
    made.activations.load_state_dict(chain.activations.state_dict())
    return made


def _check(known: ChainConfig, shape: ChainConfig) -> None:
    kept = replace(known, body=shape.body, colour=shape.colour, activation=shape.activation)
    if shape != kept:
        raise ValueError("only body, colour and activation can grow")
    if shape.body < known.body:
        raise ValueError(f"body must be at least {known.body}, as it is now, got {shape.body}")
    if known.colour == "rgb" and shape.colour != "rgb":
        raise ValueError("RGB cannot become luma")
    if known.activation == "prelu" and shape.activation != "prelu":
        raise ValueError("PReLU cannot become ReLU")


def _coloured(state: dict[str, Tensor], *, first: bool, last: bool) -> dict[str, Tensor]:
    """Turn a convolution of luma into one of RGB: it weighs each colour in, or adds to each."""
    weight, bias = state["weight"], state["bias"]
    if first:
        return {"weight": weight * torch.tensor(LUMA_WEIGHTS).view(1, 3, 1, 1), "bias": bias}
    if last:
        return {"weight": weight.repeat(3, 1, 1, 1), "bias": bias.repeat(3)}
    return state
