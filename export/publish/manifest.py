"""The manifest: everything about a published site, for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from export.delivery.scripts import ELEMENT_SCRIPT
from export.delivery.student import Student
from export.publish.choice import Choice, SentFile, Settings
from export.publish.plan import SitePhoto
from export.publish.site import LIBRARY
from export.publish.totals import Totals
from export.publish.trial import TriedStudent
from plumbing.names import as_text

FORMAT = 1
"""Version of the manifest; it changes when a field changes its meaning or is removed."""


@dataclass(frozen=True, kw_only=True)
class PublishedPhoto:
    """A photo that is on the site."""

    photo: SitePhoto
    """The photo."""
    choice: Choice
    """What is sent of it."""
    html: str
    """Its snippet."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything about a published site: the same photos and settings give the same bytes."""

    settings: Settings
    """What decided the choices."""
    student: Student
    """The student that enlarges the photos."""
    tried: Sequence[TriedStudent]
    """All students, if there were several."""
    totals: Totals
    """Sums over the photos."""
    photos: Sequence[PublishedPhoto]
    """All photos of the site, sorted by name."""
    errors: Mapping[str, str]
    """Why a photo is missing, by name."""
    notes: Mapping[str, str]
    """What was passed over, or published only in part, by name."""
    base_url: str
    """Prefix of addresses."""

    @property
    def content(self) -> bytes:
        """The file."""
        return (as_text(json.dumps(self.as_json(), indent=1, ensure_ascii=False)) + "\n").encode()

    def as_json(self) -> dict[str, Any]:
        """Convert to plain JSON values."""
        library = f"{self.base_url}{LIBRARY}"
        return {
            "format": FORMAT,
            "settings": asdict(self.settings),
            "student": {
                "name": self.student.name,
                "sha256": self.student.sha256,
                "gzip_bytes": self.student.gzip_bytes,
                "model": f"{library}/models/{quote(self.student.name)}/",
                "script": f"{library}/{ELEMENT_SCRIPT}",
            },
            "students": self.students,
            "totals": self.totals.as_json(),
            "photos": {one.photo.name: self._entry(one) for one in self.photos},
            "errors": dict(sorted(self.errors.items())),
            "notes": dict(sorted(self.notes.items())),
        }

    @property
    def students(self) -> list[dict[str, Any]]:
        """How each of several students did, as plain JSON values."""
        return [
            {
                "name": one.student.name,
                "gzip_bytes": one.student.gzip_bytes,
                "visit_bytes": round(one.visit_bytes),
                "half": one.half,
            }
            for one in self.tried
        ]

    def _entry(self, published: PublishedPhoto) -> dict[str, Any]:
        photo, choice = published.photo, published.choice
        full_size = _file(photo.name, choice.full)
        return {
            "form": choice.form,
            "width": choice.width,
            "height": choice.height,
            **_file(photo.name, choice.sent),
            "student": self.student.name if choice.form == "half" else None,
            "reached": choice.reached,
            "fallback": _file(photo.name, choice.fallback) if choice.fallback else None,
            "full_size": {key: full_size[key] for key in ("bytes", "codec", "quality", "score")},
            "saved_bytes": choice.saved,
            "source": {"sha256": photo.sha256, "bytes": photo.bytes},
            "html": published.html,
        }


def _file(name: str, sent: SentFile) -> dict[str, Any]:
    return {
        "file": sent.path(name),
        "file_width": sent.width,
        "file_height": sent.height,
        "bytes": sent.bytes,
        "codec": sent.codec,
        "quality": sent.quality,
        "filter": sent.reduction,
        "score": sent.score,
    }
