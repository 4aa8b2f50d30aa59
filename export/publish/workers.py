"""Process photos side by side: in processes of this machine, or on a Ray cluster."""

from __future__ import annotations

import importlib
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from export.delivery.student import Student
from export.publish.plan import SitePhoto
from export.publish.search.choose import PhotoOutcome, PhotoTask, publish_photo
from plumbing.command import UserError
from plumbing.extras import require_installed
from plumbing.names import as_text
from plumbing.parallel import in_order
from plumbing.paths import ROOT

_AHEAD = 2


@dataclass(frozen=True, kw_only=True)
class WorkedPhoto:
    """A processed photo, its outcome and its time."""

    photo: SitePhoto
    """Which photo."""
    outcome: PhotoOutcome
    """What came of it."""
    seconds: float
    """Time of one worker."""


def over_processes(
    photos: Iterable[SitePhoto], students: tuple[Student, ...], *, jobs: int
) -> Iterator[WorkedPhoto]:
    """Process photos in worker processes; results come in the order of the photos.

    Args:
        photos: The photos.
        students: Those of the site.
        jobs: Number of processes; with 1 none is started.

    Raises:
        UserError: A process was killed.
    """
    work = partial(_from_disk, students=students)
    yield from in_order(work, photos, workers=jobs, processes=True)


def over_ray(
    photos: Iterable[SitePhoto], students: tuple[Student, ...], *, address: str
) -> Iterator[WorkedPhoto]:
    """Process photos on a Ray cluster: photos travel there as bytes, results travel back.

    Args:
        photos: The photos; read ahead by a few more than the cluster has cores.
        students: Those of the site.
        address: As in `ray.init`, or `local` for a cluster on this machine alone.

    Raises:
        UserError: Ray is not installed, the cluster does not answer, or halfsize is not installed
            there.
    """
    ray = _ray()
    try:
        # Workers on this machine find the packages here; on other machines they are installed.
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
        shared = ray.put(students)
        remote = ray.remote(_from_memory)
        limit = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
        waiting: deque[Any] = deque()
        for photo in photos:
            waiting.append(remote.remote(photo, _read(photo), shared))
            if len(waiting) >= limit:
                yield ray.get(waiting.popleft())
        while waiting:
            yield ray.get(waiting.popleft())
    except ray.exceptions.RayError as error:
        raise UserError(
            f"--ray {address}: a worker failed ({_line(error)}); finished photos are kept"
        ) from error
    finally:
        ray.shutdown()


def _ray() -> Any:  # noqa: ANN401
    require_installed("ray", "--ray")
    return importlib.import_module("ray")


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__


def _read(photo: SitePhoto) -> bytes | str:
    """Read a photo's file, or return why that is not possible."""
    try:
        return photo.path.read_bytes()
    except OSError as error:
        return f"{as_text(photo.path)}: cannot be read ({error.strerror})"
    except MemoryError:
        return f"{as_text(photo.path)}: does not fit into memory; make it smaller first"


def _from_disk(photo: SitePhoto, *, students: tuple[Student, ...]) -> WorkedPhoto:
    return _from_memory(photo, _read(photo), students)


def _from_memory(
    photo: SitePhoto, content: bytes | str, students: tuple[Student, ...]
) -> WorkedPhoto:
    started = time.monotonic()
    if isinstance(content, str):
        return WorkedPhoto(photo=photo, outcome=PhotoOutcome(error=content), seconds=0.0)
    task = PhotoTask(
        name=as_text(photo.path),
        content=content,
        settings=photo.wanted.settings,
        students=photo.students(students),
    )
    outcome = publish_photo(task)
    return WorkedPhoto(photo=photo, outcome=outcome, seconds=time.monotonic() - started)
