"""The shape of a student in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

from teacher.networks.chain_config import ChainConfig

INTEGER_CHAIN = "integer-chain"
"""Name of the network in a run folder."""
BITS = (7, 8)
"""Bits that activations may have."""


@dataclass(frozen=True, kw_only=True)
class IntegerChainConfig(ChainConfig):
    """Shape of an `IntegerChain`: that of a chain of 3x3 kernels, and its activations' bits."""

    bits: int = 8
    """Bits of what a convolution gives to the next one: 7 or 8."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kernel != 3:
            raise ValueError(f"whole numbers need kernels of 3 pixels, got {self.kernel}")
        if self.bits not in BITS:
            raise ValueError(f"activations have 7 or 8 bits, got {self.bits}")

    @property
    def most(self) -> int:
        """The largest that an activation can be less its smallest: 127 or 255."""
        return 2**self.bits - 1
