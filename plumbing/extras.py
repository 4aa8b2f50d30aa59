"""What a plain `pip install halfsize` leaves out, and the sentence where it is needed.

Publishing, enlarging, verifying and the report need few packages. What training and exporting need
besides comes with an extra, as in `pip install 'halfsize[train]'`.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import TracebackType

from plumbing.program import program_name

EXTRAS = {
    "torch": ("PyTorch", "train"),
    "optuna": ("Optuna", "train"),
    "tensorboard": ("TensorBoard", "train"),
    "skimage": ("scikit-image", "train"),
    "onnx": ("ONNX", "export"),
    "onnxscript": ("ONNX Script", "export"),
    "onnxruntime": ("ONNX Runtime", "export"),
    "tensorflow": ("TensorFlow", "export"),
    "tensorflowjs": ("TensorFlow.js's converter", "export"),
    "playwright": ("Playwright", "export"),
    "ray": ("Ray", "ray"),
    "pillow_heif": ("pillow-heif", "heic"),
}
"""Modules of other people that are not always there: their names, and the extra that has them."""


class MissingExtraError(ModuleNotFoundError):
    """Something needs a package that was not installed; the message says how to get it."""


def installed(module: str) -> bool:
    """Check whether a module can be imported; it is not imported."""
    if module in sys.modules:
        return True
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def require_installed(module: str, what: str) -> None:
    """Require a module of `EXTRAS`.

    Args:
        module: Its name.
        what: What needs it, for the sentence.

    Raises:
        MissingExtraError: It is not installed.
    """
    if not installed(module):
        raise MissingExtraError(missing(module, what), name=module)


def explained(error: ModuleNotFoundError) -> str | None:
    """Turn the failed import of a module of `EXTRAS` into a sentence; None for other modules."""
    if isinstance(error, MissingExtraError):
        return str(error)
    module = (error.name or "").partition(".")[0]
    return missing(module, f"`{program_name()}`") if module in EXTRAS else None


def explain_missing_modules() -> None:
    """Let `python -m MODULE` end with a sentence, where its imports need an extra.

    Packages with commands call it: they are imported before the module that Python was asked to
    run, and while Python looks for it, it calls itself `-m`. Any other program is left as it is.
    """
    if sys.argv[:1] == ["-m"]:
        sys.excepthook = _explain


def _explain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sentence = explained(error) if isinstance(error, ModuleNotFoundError) else None
    if sentence is None:
        sys.__excepthook__(kind, error, trace)
    else:
        print(f"error: {sentence}", file=sys.stderr)


def missing(module: str, what: str) -> str:
    """Say what needs a module of `EXTRAS`, and how to get it."""
    name, extra = EXTRAS[module]
    return f"{what} needs {name}: pip install 'halfsize[{extra}]'"
