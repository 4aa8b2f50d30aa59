"""Choose what is sent of one photo: a pure function of the photo, the settings and the students."""

from __future__ import annotations

from dataclasses import dataclass, field

from export.delivery.student import Student
from export.publish.choice import SentPhoto, Settings
from export.publish.search.one_width import NothingHoldsItError
from export.publish.search.widths import choose_widths
from export.publish.source import read_source
from plumbing.command import UserError


@dataclass(frozen=True, kw_only=True)
class PhotoTask:
    """One photo, and everything that decides what is sent of it."""

    name: str
    """Name for messages."""
    content: bytes
    """The photo's own file."""
    settings: Settings
    """What is wanted."""
    students: tuple[Student, ...]
    """Students to choose among; none sends the photo at full size."""


@dataclass(frozen=True, kw_only=True)
class PhotoOutcome:
    """What came of one photo."""

    photo: SentPhoto | None = None
    """What is sent; None if the photo cannot be used."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Its files, by SHA-256."""
    error: str = ""
    """Why the photo cannot be used; empty if it can."""


def publish_photo(task: PhotoTask) -> PhotoOutcome:
    """Choose what is sent; why a photo cannot be used is returned, not raised."""
    settings = task.settings
    try:
        source = read_source(
            task.content,
            task.name,
            max_side_px=settings.max_side_px,
            keep_metadata=settings.keep_metadata,
        )
        files: dict[str, bytes] = {}
        photo = choose_widths(source, settings, task.students, files)
    except UserError as error:
        return PhotoOutcome(error=str(error))
    except NothingHoldsItError as error:
        return PhotoOutcome(error=f"{task.name}: {error}")
    except MemoryError:
        return PhotoOutcome(error=f"{task.name}: does not fit into memory; make it smaller first")
    # Encoders raise all kinds of errors. One photo does not end the run for all others.
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return PhotoOutcome(error=f"{task.name}: failed unexpectedly ({reason}); please report it")
    return PhotoOutcome(photo=photo, files=files)
