"""TensorBoard events of a run."""

from __future__ import annotations

import sys
import threading
import types
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class Logbook:
    """Writes scalars and pictures of one training."""

    def __init__(self, folder: Path, first_step: int) -> None:
        """Open the events of `folder`; what was logged from `first_step` on is superseded."""
        self._hook, threading.excepthook = threading.excepthook, _keep_to_us
        self._writer = _open_writer(folder, first_step)

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Log numbers under their names."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def pictures(self, step: int, pictures: dict[str, Tensor]) -> None:
        """Log pictures, (3, height, width) in [0, 1], under their names."""
        for name, picture in pictures.items():
            self._writer.add_image(name, picture.clamp(0.0, 1.0), step)

    def close(self) -> None:
        """Flush everything to the disk."""
        try:
            self._writer.close()
        finally:
            threading.excepthook = self._hook


def _keep_to_us(failure: threading.ExceptHookArgs) -> None:
    # A full disk stops TensorBoard's writing thread, and the next call of the writer raises that
    # error to us: the traceback that the thread would print as well says nothing more.
    if not issubclass(failure.exc_type, OSError):
        threading.__excepthook__(failure)


def _open_writer(folder: Path, first_step: int) -> SummaryWriter:
    # TensorBoard imports TensorFlow where it is installed, only to open a local file; that costs
    # seconds at every start. A module of this name makes it use its own file access instead.
    sys.modules.setdefault("tensorboard.compat.notf", types.ModuleType("notf"))
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=first_step or None)
