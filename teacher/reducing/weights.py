"""The shape of a reducer, and its weights as run folders hold them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pixels.scale import parse_scale
from plumbing.command import UserError
from teacher.networks.chain_config import ChainConfig
from teacher.networks.chain_weights import ChainWeights
from teacher.runs.record import does_not_fit, read_record, read_weights
from teacher.runs.released import find_run

REDUCER = "reducer"
"""Name of the network in a run folder."""
_RELEASED = {Fraction(2): "reducer-fine"}


@dataclass(frozen=True, kw_only=True)
class ReducerConfig(ChainConfig):
    """Shape of a `Reducer`: that of a chain whose scale is below 1, 1/2 for half-size photos."""

    body: int = 4
    """Number of convolutions between the first and the last one."""
    channels: int = 32
    """Feature maps of every convolution but the last."""
    scale: Fraction = Fraction(1, 2)
    """Ratio of output to input size: the inverse of the scale of the student it is for."""

    def __post_init__(self) -> None:
        if self.scale <= 0:
            raise ValueError(f"scale must be above 0, got {self.scale}")
        # Every other field is checked as a chain's.
        fields: dict[str, Any] = asdict(self)
        fields["scale"] = parse_scale(1 / self.scale)
        ChainConfig(**fields)

    @property
    def reach_blocks(self) -> int:
        """How many blocks to each side of its own a pixel depends on."""
        return (self.body + 2) * (self.kernel // 2)


@dataclass(frozen=True, kw_only=True)
class ReleasedReducer:
    """A reducer that publishing uses."""

    weights: ChainWeights
    """Its weights; their config is a `ReducerConfig`."""
    sha256: str
    """Hash of its file."""


def read_reducer(run: Path) -> ReleasedReducer:
    """Read a reducer's run folder.

    Args:
        run: The folder, or the name of a released reducer.

    Raises:
        UserError: It is not the finished run of a reducer, or it is damaged.
    """
    run = find_run(run)
    record = read_record(run)
    if record.network != REDUCER:
        raise UserError(f"{run} holds the network {record.network}, not a reducer")
    try:
        fields: dict[str, Any] = dict(record.network_config)
        fields["scale"] = Fraction(fields["scale"])
        config = ReducerConfig(**fields)
        weights = ChainWeights.from_tensors(config, read_weights(run))
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise does_not_fit(run, str(error)) from error
    return ReleasedReducer(weights=weights, sha256=record.weights_sha256)


def released_reducers() -> list[str]:
    """List the names of all released reducers."""
    return list(_RELEASED.values())


def released_reducer(scale: Fraction) -> Path | None:
    """Name the released reducer for students of a scale; None if there is none."""
    name = _RELEASED.get(scale)
    return Path(name) if name else None
