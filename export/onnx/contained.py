"""Run an .onnx file of unknown origin in a process with bounded memory and time.

    python -m export.onnx.contained MODEL.onnx check
    python -m export.onnx.contained MODEL.onnx run

A graph can require any amount of either (a chain of sums that doubles an image forty times takes a
kilobyte), so another process runs it. `run` reads arrays from standard input and writes the
results, each as its length (8 bytes) and a .npy file.
"""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from export.check.errors import RuntimeFaultError
from pixels.tiling import Enlarge
from plumbing.paths import ROOT

_SECONDS = 120
_MEMORY_BYTES = 8 * 2**30
_MOST_RESULT_BYTES = 256 * 2**20


def problems_contained(path: Path) -> list[str]:
    """Check the form of an ONNX file: one sentence for each fault."""
    with _process(path, "check") as process:
        output, errors = process.communicate()
        if process.returncode != 0:
            return [_reason(path, errors)]
    return output.decode().splitlines()


@contextmanager
def onnx_contained(path: Path) -> Iterator[Enlarge]:
    """Run an ONNX file on ONNX Runtime's CPU provider.

    Yields:
        A function that runs it, and raises `RuntimeFaultError` if it fails, takes too long, or
        needs too much memory.
    """
    with _process(path, "run") as process:
        assert process.stdin is not None and process.stdout is not None
        inputs, outputs = process.stdin, process.stdout

        def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
            try:
                _write(inputs, batch)
                return _read(outputs)
            except (OSError, EOFError, ValueError) as error:
                process.kill()
                raise RuntimeFaultError(_reason(path, process.communicate()[1])) from error

        yield run


@contextmanager
def _process(path: Path, task: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "export.onnx.contained", str(path.resolve()), task]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=ROOT) as process:
        timer = threading.Timer(_SECONDS, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()


def _reason(path: Path, errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    default = f"it was stopped: at most {_SECONDS} s and {_MEMORY_BYTES >> 30} GB are allowed"
    return f"{path.name}: {(lines or [default])[-1][:200]}"


def _write(stream: IO[bytes], array: NDArray[np.float32]) -> None:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    stream.write(len(buffer.getvalue()).to_bytes(8, "little") + buffer.getvalue())
    stream.flush()


def _read(stream: IO[bytes]) -> NDArray[np.float32]:
    length = int.from_bytes(_exactly(stream, 8), "little")
    if length > _MOST_RESULT_BYTES:
        raise ValueError("the result is too large")
    return np.load(io.BytesIO(_exactly(stream, length)), allow_pickle=False)


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _main(path: Path, task: str) -> None:
    _limit_memory()
    if task == "check":
        import onnx

        from export.onnx.problems import onnx_problems

        # Without external data: a hostile file would choose its path.
        sys.stdout.write("\n".join(onnx_problems(onnx.load(path, load_external_data=False))))
        return
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    while True:
        try:
            batch = _read(sys.stdin.buffer)
        except EOFError:
            return
        _write(sys.stdout.buffer, np.asarray(session.run(None, {name: batch})[0], np.float32))


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:
        return  # Windows has no such limit; the time limit holds there too
    with suppress(OSError, ValueError):  # macOS does not grant it
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


if __name__ == "__main__":
    try:
        _main(Path(sys.argv[1]), sys.argv[2])
    except Exception as error:  # of any kind: its first line is enough
        sys.exit((str(error).strip().splitlines() or [repr(error)])[0])
