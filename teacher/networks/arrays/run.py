"""Any student's weights as a function of arrays."""

from __future__ import annotations

from pixels.tiling import Enlarge
from teacher.networks.arrays.integer_chain import NumpyIntegerChain
from teacher.networks.arrays.numpy_chain import NumpyChain
from teacher.networks.chain_weights import ChainWeights
from teacher.networks.integer.weights import IntegerChainWeights

StudentWeights = ChainWeights | IntegerChainWeights


def run_weights(weights: StudentWeights, *, threads: int = 1) -> Enlarge:
    """Run a student with NumPy.

    Args:
        weights: In floats, or in whole numbers.
        threads: How many threads share the work.
    """
    if isinstance(weights, IntegerChainWeights):
        return NumpyIntegerChain(weights, threads=threads)
    return NumpyChain(weights, threads=threads)
