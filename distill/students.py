"""List the student networks: plain chains small enough to send to every reader.

Prints a table of the named students, and of the shape that the flags describe.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

import torch
import tyro
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn.utils import parametrize

from distill.collapsible import Collapsible, identity_kernel, kernel_and_bias
from pixels.scale import HALF, Scale
from plumbing.command import run_command
from teacher.networks.chain import Chain
from teacher.networks.chain_config import Activation, ChainConfig, Colour
from teacher.networks.integer.chain import IntegerChain
from teacher.networks.integer.quantised import QuantisedChain
from teacher.networks.registry import Network, macs_per_output_pixel, parameter_count

SIZES = {
    "nano": ChainConfig(body=4, channels=12, activation="relu"),
    "small": ChainConfig(body=6, channels=16, activation="relu"),
    "medium": ChainConfig(body=10, channels=16, activation="relu"),
    "large": ChainConfig(body=5, channels=32, activation="relu"),
}
"""Body convolutions and channels by name."""

# PyTorch's fresh noise is halved next to the identity, and nearly silenced in the last kernel: a
# chain begins as its anchor, and fewer chains die (docs/experiments/students.md).
_FRESH_GAIN = 0.5
_LAST_GAIN = 0.05


@dataclass(frozen=True, kw_only=True)
class StudentConfig:
    """Which student to train."""

    student: str = "small"
    """`nano` (4 convolutions of 12 channels, 5.8 K parameters), `small` (6 of 16, 14.7 K),
    `medium` (10 of 16, 24 K) or `large` (5 of 32, 48 K)."""
    body: int | None = None
    """Convolutions in the body, instead of the named size's."""
    channels: int | None = None
    """Feature maps, instead of the named size's."""
    kernel: int | None = None
    """Side of the convolutions' kernels, odd, instead of the named size's 3."""
    colour: Colour | None = None
    """`luma`, as all named sizes: chroma is enlarged by bicubic. `rgb`: the student enlarges all
    three channels."""
    activation: Activation | None = None
    """Activation between the convolutions, instead of the named size's `relu`, which trains better
    from fresh weights: docs/decisions/0007-students-train-as-collapsible-blocks.md."""

    def __post_init__(self) -> None:
        if self.student not in SIZES:
            raise ValueError(f"student must be one of {', '.join(SIZES)}, got {self.student!r}")
        self.chain(HALF)

    def chain(self, scale: Fraction) -> ChainConfig:
        """Describe this student as a chain.

        Raises:
            ValueError: A setting is out of range.
        """
        return self.changed(replace(SIZES[self.student], scale=scale))

    def changed(self, shape: ChainConfig) -> ChainConfig:
        """Change a shape by the flags given in addition to the named size.

        Raises:
            ValueError: A setting is out of range.
        """
        given = {
            "body": self.body,
            "channels": self.channels,
            "kernel": self.kernel,
            "colour": self.colour,
            "activation": self.activation,
        }
        return replace(shape, **{name: value for name, value in given.items() if value is not None})


@dataclass(frozen=True, kw_only=True)
class FamilyConfig:
    """Settings of `python -m distill.students`."""

    network: tyro.conf.OmitArgPrefixes[StudentConfig] = field(default_factory=StudentConfig)
    scale: Scale = HALF
    """Ratio of output to input size."""


def fresh(config: ChainConfig) -> Chain:
    """Build a chain whose fresh weights are near the identity: each feature map passes itself on.

    PyTorch's own fresh weights shrink the signal in each layer, until nothing passes a ReLU.
    """
    chain = Chain(config)
    with torch.no_grad():
        for kernel, bias in map(kernel_and_bias, chain.convolutions):
            last = kernel is chain.convolutions[-1].weight
            kernel.mul_(_LAST_GAIN if last else _FRESH_GAIN)
            kernel.add_(identity_kernel(kernel) if _is_body(kernel) and not last else 0.0)
            bias.zero_()
    return chain


def widen(chain: Chain, expansion: int) -> Chain:
    """Replace each kernel of a chain by a collapsible block, in place; the output stays the same.

    Args:
        chain: A plain chain with fresh or trained weights.
        expansion: Channels between a block's two factors; 0 leaves the chain plain.
    """
    for convolution in chain.convolutions if expansion else ():
        kernel, _ = kernel_and_bias(convolution)
        block = Collapsible(expansion, identity=_is_body(kernel))
        parametrize.register_parametrization(convolution, "weight", block)
    return chain


def fold(chain: Chain) -> Chain:
    """Compute the plain chain with the same output, border included.

    Run folders always hold the folded chain. A plain chain is copied.
    """
    plain = Chain(chain.config)
    with torch.no_grad():
        for folded, wide in zip(plain.convolutions, chain.convolutions, strict=True):
            pairs = zip(kernel_and_bias(folded), kernel_and_bias(wide), strict=True)
            for copy, tensor in pairs:
                copy.copy_(tensor)
    plain.activations.load_state_dict(chain.activations.state_dict())
    return plain.eval()


def folded(network: Network) -> Network:
    """Fold a network if it is a chain; behind grids it becomes whole numbers."""
    if isinstance(network, QuantisedChain):
        return IntegerChain.of(network.integers())
    return fold(network) if isinstance(network, Chain) else network


def main(config: FamilyConfig) -> None:
    """Run the command."""
    table = Table(box=None, padding=(0, 2, 0, 0), caption="MACs per output pixel; KB of weights")
    for name in ("student", "body", "channels", "colour"):
        table.add_column(name, no_wrap=True)
    for name in ("parameters", "MACs", "margin", "float16", "int8"):
        table.add_column(name, justify="right", no_wrap=True)
    shape = config.network
    for name in SIZES:
        table.add_row(*_row(name, StudentConfig(student=name, colour=shape.colour), config.scale))
    if (shape.body, shape.channels, shape.kernel) != (None, None, None):
        table.add_row(*_row("yours", shape, config.scale), style="bold")
    Console().print(table)


def _row(name: str, student: StudentConfig, scale: Fraction) -> list[str]:
    shape = student.chain(scale)
    chain = Chain(shape)
    parameters = parameter_count(chain)
    figures = [f"{parameters:,}", f"{macs_per_output_pixel(chain):,.0f}", f"{chain.margin_px} px"]
    sizes = [f"{parameters * bytes_each / 1000:.1f} KB" for bytes_each in (2, 1)]
    return [
        *(name, str(shape.body), str(shape.channels), shape.colour),
        *(*figures, *sizes),
    ]


def _is_body(kernel: Tensor) -> bool:
    # The first kernel of some ratios has an even side: no pixel is its middle.
    return kernel.shape[0] == kernel.shape[1] and kernel.shape[2] % 2 == 1


if __name__ == "__main__":
    run_command(FamilyConfig, main)
