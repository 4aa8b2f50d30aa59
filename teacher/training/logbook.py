"""TensorBoard events of a run: written during training, read back for the report."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

Curve = tuple[list[int], list[float]]
"""Steps and values."""


class Logbook:
    """Write the scalars and pictures of one training."""

    def __init__(self, folder: Path, first_step: int, *, writes: bool = True) -> None:
        """Open the events of `folder`; entries logged from `first_step` on are superseded.

        Without `writes` nothing is opened or written: of several processes only the first logs.
        """
        self._folder = folder
        self._hook, threading.excepthook = threading.excepthook, _keep_to_us
        self._writer = _open_writer(folder, first_step) if writes else None

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Log numbers under their names."""
        if self._writer is not None:
            with self._named():
                for name, value in values.items():
                    self._writer.add_scalar(name, value, step)

    def pictures(self, step: int, pictures: dict[str, Tensor]) -> None:
        """Log pictures, (3, height, width) in [0, 1], under their names."""
        if self._writer is not None:
            with self._named():
                for name, picture in pictures.items():
                    self._writer.add_image(name, picture.clamp(0.0, 1.0), step)

    def close(self) -> None:
        """Flush everything to the disk."""
        try:
            if self._writer is not None:
                with self._named():
                    self._writer.close()
        finally:
            threading.excepthook = self._hook

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Name the folder in errors of a full disk: TensorBoard's errors do not."""
        try:
            yield
        except OSError as error:
            if error.filename is None:
                raise OSError(error.errno, error.strerror, str(self._folder)) from error
            raise


def read_curves(folder: Path) -> dict[str, Curve]:
    """Read every logged scalar of a run by name; the latest value of each step counts."""
    _without_tensorflow()
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    # There is one file per start of the training. File names have a resolution of one second, so
    # their order is not reliable.
    logged = []
    for path in folder.glob("events.*"):
        events = EventAccumulator(
            str(path), size_guidance={"scalars": 0, "images": 1}, purge_orphaned_data=False
        )
        events.Reload()
        for name in events.Tags()["scalars"]:
            logged += [(event.wall_time, name, event) for event in events.Scalars(name)]
    by_name: dict[str, dict[int, float]] = {}
    for _, name, event in sorted(logged, key=lambda entry: entry[0]):
        by_name.setdefault(name, {})[event.step] = event.value
    return {
        name: (sorted(by_step), [by_step[step] for step in sorted(by_step)])
        for name, by_step in by_name.items()
    }


def _keep_to_us(failure: threading.ExceptHookArgs) -> None:
    # A full disk stops TensorBoard's writer thread, and the next call of the writer raises that
    # error here: the traceback that the thread would print as well adds nothing.
    if not issubclass(failure.exc_type, OSError):
        threading.__excepthook__(failure)


def _open_writer(folder: Path, first_step: int) -> SummaryWriter:
    _without_tensorflow()
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=first_step or None)


def _without_tensorflow() -> None:
    # TensorBoard imports TensorFlow if it is installed, only to open a local file, which takes
    # seconds at every start. A module of this name makes it use its own file access.
    sys.modules.setdefault("tensorboard.compat.notf", types.ModuleType("notf"))
