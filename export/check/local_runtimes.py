"""PyTorch, and ONNX Runtime on the CPU and on a GPU, as functions of arrays."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from export.check.errors import RuntimeFaultError
from pixels.tiling import Enlarge
from teacher.networks.registry import Network


def run_pytorch(network: Network) -> Enlarge:
    """Wrap a PyTorch network: the reference for all other runtimes.

    Raises:
        RuntimeFaultError: While running: the network does not take pictures of this size.
    """

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            try:
                return network(torch.from_numpy(batch)).numpy()
            except ValueError as error:
                raise RuntimeFaultError(f"PyTorch fails: {error}") from error

    return run


def remembering(run: Enlarge) -> Enlarge:
    """Cache a runtime's outputs: the same pictures are checked in every runtime."""
    known: dict[tuple[tuple[int, ...], bytes], NDArray[np.float32]] = {}

    def cached(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        key = (batch.shape, hashlib.sha256(batch.tobytes()).digest())
        if key not in known:
            known[key] = run(batch)
        return known[key]

    return cached


def run_onnx(path: Path, *, gpu: bool = False) -> Enlarge:
    """Run an ONNX file on ONNX Runtime's CPU provider, or on CUDA.

    Raises:
        RuntimeFaultError: ONNX Runtime rejects the file, or (while running) a picture.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 4  # what it logs comes as an exception too
    # TF32 keeps 10 bits of mantissa: too little to tell a fault from rounding.
    cuda = ("CUDAExecutionProvider", {"use_tf32": "0"})
    providers = [cuda] if gpu else ["CPUExecutionProvider"]
    try:
        session = onnxruntime.InferenceSession(path, options, providers=providers)
    except Exception as error:  # its exceptions share no other base class
        raise RuntimeFaultError(
            f"ONNX Runtime rejects {path.name}: {_first_line(error)}"
        ) from error
    name = session.get_inputs()[0].name

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            return np.asarray(session.run(None, {name: batch})[0], dtype=np.float32)
        except Exception as error:
            raise RuntimeFaultError(f"ONNX Runtime fails: {_first_line(error)}") from error

    return run


def failing(fault: RuntimeFaultError) -> Enlarge:
    """Stand in for a runtime that rejects the model: each of its checks fails with that reason."""

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        raise fault

    return run


def has_cuda() -> bool:
    """Check whether ONNX Runtime can compute on a GPU here."""
    offered = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    return offered and torch.cuda.is_available()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
