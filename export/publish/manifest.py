"""The manifest: everything about a published site, for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from export.delivery.scripts import ELEMENT_SCRIPT
from export.delivery.student import Student
from export.publish.choice import FIXED, Choice, SentFile, Settings
from export.publish.library import model_address
from export.publish.plan import SitePhoto
from export.publish.site import LIBRARY
from export.publish.totals import Totals
from export.publish.visit import WeighedStudents
from pixels.scale import scale_json
from plumbing.names import as_text

FORMAT = 2
"""Version of the manifest; it changes when a field changes its meaning or is removed."""


@dataclass(frozen=True, kw_only=True)
class PublishedPhoto:
    """A photo that is on the site."""

    photo: SitePhoto
    """The photo."""
    choice: Choice
    """What is sent of it."""
    student: Student | None
    """The student that enlarges it; None if none does."""
    html: str
    """Its snippet."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything about a published site: the same photos and settings give the same bytes."""

    settings: Settings
    """What decided the choices."""
    weighed: WeighedStudents
    """All students, and which of them are sent."""
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
            "judge": self.judge,
            "fixed_settings": FIXED,
            "script": f"{library}/{ELEMENT_SCRIPT}" if self.weighed.sent else None,
            "students": self.students,
            "totals": self.totals.as_json(),
            "photos": {one.photo.name: self._entry(one) for one in self.photos},
            "errors": dict(sorted(self.errors.items())),
            "notes": dict(sorted(self.notes.items())),
        }

    @property
    def judge(self) -> dict[str, Any]:
        """Who scored the photos, as plain JSON values."""
        judge = self.settings.judge
        return {
            "name": judge.measure.name,
            "unit": judge.measure.unit,
            "target": self.settings.target,
            "description": judge.description,
        }

    @property
    def students(self) -> list[dict[str, Any]]:
        """What each student does, as plain JSON values."""
        used = [published.student.sha256 for published in self.photos if published.student]
        return [
            {
                "name": one.student.name,
                "scale": scale_json(one.student.scale),
                "sha256": one.student.sha256,
                "gzip_bytes": one.student.gzip_bytes,
                "sent": one.sent,
                "visit_saves_bytes": round(one.saves_bytes),
                "photos": used.count(one.student.sha256),
                "model": model_address(one.student, self.base_url) if one.sent else None,
            }
            for one in self.weighed.weighed
        ]

    def _entry(self, published: PublishedPhoto) -> dict[str, Any]:
        photo, choice = published.photo, published.choice
        full_size = _file(photo.name, choice.full)
        return {
            "form": choice.form,
            "width": choice.width,
            "height": choice.height,
            **_file(photo.name, choice.sent),
            "student": published.student.name if published.student else None,
            "reached": choice.reached,
            "fallback": _file(photo.name, choice.fallback) if choice.fallback else None,
            "full_size": {
                **{key: full_size[key] for key in ("bytes", "codec", "quality", "score")},
                "bytes_at_target": choice.full_at_target,
            },
            "fixed_bytes": choice.fixed,
            "bytes_at_target": choice.sent_at_target,
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
        "scale": scale_json(sent.scale),
        "filter": sent.reduction,
        "score": sent.score,
    }
