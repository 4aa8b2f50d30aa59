"""The same pure function over processes of this machine, or over a Ray cluster."""

from __future__ import annotations

import importlib
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from export.delivery.student import Student
from export.publish.choice import Settings
from export.publish.choose import PhotoOutcome, PhotoTask, publish_photo
from export.publish.plan import SitePhoto
from plumbing.command import UserError
from plumbing.parallel import in_order
from plumbing.paths import ROOT

_AHEAD = 2


@dataclass(frozen=True, kw_only=True)
class WorkedPhoto:
    """A photo, what came of it, and what it took."""

    photo: SitePhoto
    """Which one."""
    outcome: PhotoOutcome
    """What came of it."""
    seconds: float
    """Of one worker."""


def over_processes(
    photos: Iterable[SitePhoto], settings: Settings, students: tuple[Student, ...], *, jobs: int
) -> Iterator[WorkedPhoto]:
    """Work on photos in processes; results come in the order of the photos.

    Raises:
        UserError: A process was killed.
    """
    work = partial(_from_disk, settings=settings, students=students)
    yield from in_order(work, photos, workers=jobs, processes=True)


def over_ray(
    photos: Iterable[SitePhoto], settings: Settings, students: tuple[Student, ...], *, address: str
) -> Iterator[WorkedPhoto]:
    """Work on photos on a Ray cluster: photos travel there as bytes, results travel back.

    Args:
        photos: What to work on; a few more than the cluster has cores are read ahead.
        settings: What is wanted.
        students: As `PhotoTask` takes them.
        address: As `ray.init` takes it, or `local` for a cluster on this machine alone.

    Raises:
        UserError: Ray is not installed, or the cluster does not answer or does not have halfsize.
    """
    ray = _ray()
    try:
        # Workers on this machine find the packages here; other machines have them installed.
        ray.init(
            address=address,
            runtime_env={"env_vars": {"PYTHONPATH": str(ROOT)}},
            include_dashboard=False if address == "local" else None,
            log_to_driver=False,
            logging_level="error",
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UserError(f"--ray {address}: no cluster answers there ({_line(error)})") from error
    try:
        shared = ray.put((settings, students))
        remote = ray.remote(_from_memory)
        most = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
        waiting: deque[Any] = deque()
        for photo in photos:
            waiting.append(remote.remote(photo, _read(photo), shared))
            if len(waiting) >= most:
                yield ray.get(waiting.popleft())
        while waiting:
            yield ray.get(waiting.popleft())
    except ray.exceptions.RayError as error:
        raise UserError(
            f"--ray {address}: a worker failed ({_line(error)}); what was done is kept"
        ) from error
    finally:
        ray.shutdown()


def _ray() -> Any:  # noqa: ANN401
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise UserError("--ray needs Ray: `pip install halfsize[ray]`") from error


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__


def _read(photo: SitePhoto) -> bytes | str:
    """Read a photo's file, or say why not."""
    try:
        return photo.path.read_bytes()
    except OSError as error:
        return f"{photo.path}: cannot be read ({error.strerror})"


def _from_disk(
    photo: SitePhoto, *, settings: Settings, students: tuple[Student, ...]
) -> WorkedPhoto:
    return _from_memory(photo, _read(photo), (settings, students))


def _from_memory(
    photo: SitePhoto, content: bytes | str, shared: tuple[Settings, tuple[Student, ...]]
) -> WorkedPhoto:
    settings, students = shared
    started = time.monotonic()
    if isinstance(content, str):
        return WorkedPhoto(photo=photo, outcome=PhotoOutcome(error=content), seconds=0.0)
    outcome = publish_photo(
        PhotoTask(name=str(photo.path), content=content, settings=settings, students=students)
    )
    return WorkedPhoto(photo=photo, outcome=outcome, seconds=time.monotonic() - started)
