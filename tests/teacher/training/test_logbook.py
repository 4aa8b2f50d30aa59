from __future__ import annotations

import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from teacher.training.logbook import Logbook


@contextmanager
def full_disk(free_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_scalars_and_pictures_are_written(tmp_path: Path) -> None:
    with closing(Logbook(tmp_path, 0)) as logbook:
        logbook.scalars(3, {"loss": 0.5, "rate": 0.25})
        logbook.pictures(4, {"photo": torch.rand(3, 5, 6) * 2 - 0.5})
    events = EventAccumulator(str(tmp_path)).Reload()
    assert [(event.step, event.value) for event in events.Scalars("rate")] == [(3, 0.25)]
    (picture,) = events.Images("photo")
    assert (picture.step, picture.width, picture.height) == (4, 6, 5)


def test_what_was_logged_after_the_last_checkpoint_is_superseded(tmp_path: Path) -> None:
    with closing(Logbook(tmp_path, 0)) as logbook:
        for step in range(6):
            logbook.scalars(step, {"loss": 1.0})
    time.sleep(1.1)  # TensorBoard orders files of events by the second in their names
    with closing(Logbook(tmp_path, 3)) as logbook:
        logbook.scalars(3, {"loss": 2.0})
    events = EventAccumulator(str(tmp_path)).Reload()
    found = [(event.step, event.value) for event in events.Scalars("loss")]
    assert found == [(0, 1.0), (1, 1.0), (2, 1.0), (3, 2.0)]


def test_a_full_disk_is_told_once_and_without_a_traceback(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN  # Python's own choice
    before = threading.excepthook
    logbook = Logbook(tmp_path, 0)
    with pytest.raises(OSError, match="too large"), full_disk(100), closing(logbook):
        for step in range(1000):
            logbook.scalars(step, {"loss": 1.0})
            time.sleep(0.001)
    assert threading.excepthook == before
    assert "Traceback" not in capfd.readouterr().err
