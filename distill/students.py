"""The student networks: plain chains small enough to send to every reader."""

from __future__ import annotations

from dataclasses import dataclass, replace

from teacher.chain import Activation, ChainConfig, Colour

SIZES = {
    "nano": ChainConfig(body=4, channels=12),
    "small": ChainConfig(body=6, channels=16),
}
"""Body convolutions and channels by name."""


@dataclass(frozen=True, kw_only=True)
class StudentConfig:
    """Which student to train."""

    student: str = "small"
    """`nano` (4 convolutions of 12 channels, 5.8 K parameters) or `small` (6 of 16, 14.8 K)."""
    body: int | None = None
    """3x3 convolutions in the body, in place of the named size's."""
    channels: int | None = None
    """Feature maps, in place of the named size's."""
    colour: Colour = "luma"
    """`luma`: chroma is enlarged by fixed bicubic; `rgb`: the student enlarges all three."""
    activation: Activation = "prelu"
    """What stands between the convolutions."""

    def __post_init__(self) -> None:
        if self.student not in SIZES:
            raise ValueError(f"student must be one of {', '.join(SIZES)}, got {self.student!r}")

    def chain(self, scale: int) -> ChainConfig:
        """Describe the chain that this student is.

        Raises:
            ValueError: A setting is out of range.
        """
        size = SIZES[self.student]
        return replace(
            size,
            body=size.body if self.body is None else self.body,
            channels=size.channels if self.channels is None else self.channels,
            colour=self.colour,
            activation=self.activation,
            scale=scale,
        )
