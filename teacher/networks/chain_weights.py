"""The weights of a plain chain as arrays: what run folders and compact files hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from teacher.networks.chain_config import ChainConfig

Array = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class ChainWeights:
    """A chain without a program that runs it.

    Raises:
        ValueError: An array has another shape than the config asks for.
    """

    config: ChainConfig
    """Its shape."""
    kernels: tuple[Array, ...]
    """Of each convolution: (outputs, inputs, rows, columns)."""
    biases: tuple[Array, ...]
    """Of each convolution: (outputs)."""
    slopes: tuple[Array, ...]
    """Of each PReLU: (channels); empty for ReLU."""

    def __post_init__(self) -> None:
        shapes = _shapes(self.config)
        given = {name: array.shape for name, array in self.tensors().items()}
        if given != shapes:
            different = [name for name in shapes if given.get(name) != shapes[name]]
            raise ValueError(
                f"{(different or [*given])[0]} has not the shape of the chain's config"
            )

    @classmethod
    def from_tensors(cls, config: ChainConfig, tensors: Mapping[str, NDArray]) -> ChainWeights:
        """Take the tensors of a run folder.

        Args:
            config: The shape of the chain.
            tensors: By the names that `Chain.state_dict` gives them.

        Raises:
            ValueError: One is missing, too many, or of another shape.
        """
        shapes = _shapes(config)
        wrong = sorted(shapes.keys() ^ tensors.keys())
        if wrong:
            raise ValueError(f"{wrong[0]} is {'missing' if wrong[0] in shapes else 'unknown'}")
        arrays = {name: np.ascontiguousarray(tensors[name], np.float32) for name in shapes}

        def of(part: str) -> tuple[Array, ...]:
            return tuple(array for name, array in arrays.items() if name.endswith(part))

        slopes = [arrays[name] for name in shapes if name.startswith("activations.")]
        kernels = [arrays[f"convolutions.{at}.weight"] for at in range(len(of(".bias")))]
        return cls(config=config, kernels=tuple(kernels), biases=of(".bias"), slopes=tuple(slopes))

    def tensors(self) -> dict[str, Array]:
        """Name the arrays as `Chain.state_dict` does."""
        named = {}
        for at, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            named[f"convolutions.{at}.weight"] = kernel
            named[f"convolutions.{at}.bias"] = bias
        return named | {f"activations.{at}.weight": slopes for at, slopes in enumerate(self.slopes)}

    @property
    def parameters(self) -> int:
        """How many numbers were trained."""
        return sum(array.size for array in self.tensors().values())


def _shapes(config: ChainConfig) -> dict[str, tuple[int, ...]]:
    """List the chain's tensors with their shapes."""
    shapes: dict[str, tuple[int, ...]] = {}
    for at, shape in enumerate(config.kernel_shapes):
        shapes[f"convolutions.{at}.weight"] = shape
        shapes[f"convolutions.{at}.bias"] = shape[:1]
    if config.activation == "prelu":
        for at in range(config.body + 1):
            shapes[f"activations.{at}.weight"] = (config.channels,)
    return shapes
