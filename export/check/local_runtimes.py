"""PyTorch, and ONNX Runtime on the CPU and on a GPU, as functions of arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from export.check.errors import RuntimeFaultError
from pixels.tiling import Enlarge
from plumbing.threads import thread_count
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


def run_onnx(path: Path, *, gpu: bool = False) -> Enlarge:
    """Run an ONNX file on ONNX Runtime's CPU provider, or on CUDA.

    Raises:
        RuntimeFaultError: ONNX Runtime rejects the file, or (while running) a picture.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
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


def has_cuda() -> bool:
    """Check whether ONNX Runtime can compute on a GPU here."""
    offered = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    return offered and torch.cuda.is_available()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
