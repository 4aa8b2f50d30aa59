"""The manifest: everything about a published site, for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from export.delivery.scripts import ELEMENT_SCRIPT
from export.publish.choice import FIXED, Choice, SentFile, SentPhoto, Settings, light_path
from export.publish.library import model_address
from export.publish.plan import SitePhoto
from export.publish.site import LIBRARY
from export.publish.totals import SiteTotals
from export.publish.visit import WeighedStudents
from pixels.scale import scale_json
from plumbing.names import as_text

FORMAT = 3
"""Version of the manifest; it changes when a field changes its meaning or is removed."""


@dataclass(frozen=True, kw_only=True)
class PublishedPhoto:
    """A photo that is on the site."""

    photo: SitePhoto
    """The photo."""
    sent: SentPhoto
    """What is sent of it."""
    html: str
    """Its snippet."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything about a published site: the same photos and settings give the same bytes."""

    settings: Settings
    """What decided the choices, unless something else is wanted of a photo."""
    weighed: WeighedStudents
    """All students, and which of them are sent."""
    totals: SiteTotals
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
        return {
            "format": FORMAT,
            "settings": asdict(self.settings),
            "judge": self.judge,
            "fixed_settings": FIXED,
            "base_url": self.base_url,
            "script": self.script,
            "students": self.students,
            "totals": self.totals.largest.as_json(),
            "totals_of_all_widths": self.totals.all_widths.as_json(),
            "photos": {one.photo.name: self._entry(one) for one in self.photos},
            "errors": dict(sorted(self.errors.items())),
            "notes": dict(sorted(self.notes.items())),
        }

    @property
    def script(self) -> str | None:
        """The address of the script for pages with a reduced photo; None if there is none."""
        needed = any(one.sent.students for one in self.photos)
        return f"{self.base_url}{LIBRARY}/{ELEMENT_SCRIPT}" if needed else None

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
        used = Counter(student for one in self.photos for student in one.sent.students)
        return [
            {
                "name": one.student.name,
                "scale": scale_json(one.student.scale),
                "sha256": one.student.sha256,
                "gzip_bytes": one.student.gzip_bytes,
                "sent": one.sent,
                "visit_saves_bytes": round(one.saves_bytes),
                "photos": used[one.student.sha256],
                "model": model_address(one.student, self.base_url) if one.sent else None,
            }
            for one in self.weighed.weighed
        ]

    def _entry(self, published: PublishedPhoto) -> dict[str, Any]:
        photo, largest = published.photo, published.sent.largest
        entry = {
            "width": largest.width,
            "height": largest.height,
            "first": photo.wanted.first,
            "widths": [self._width(photo.name, choice) for choice in published.sent.widths],
            "source": {"sha256": photo.sha256, "bytes": photo.bytes},
            "html": published.html,
        }
        if photo.wanted.settings != self.settings:
            own, usual = asdict(photo.wanted.settings), asdict(self.settings)
            entry["settings"] = {name: own[name] for name in own if own[name] != usual[name]}
        return entry

    def _width(self, name: str, choice: Choice) -> dict[str, Any]:
        full_size = _file(name, choice.full)
        light = choice.light
        names = {one.student.sha256: one.student.name for one in self.weighed.weighed}
        return {
            "form": choice.form,
            "width": choice.width,
            "height": choice.height,
            **_file(name, choice.sent),
            "student": names[choice.student] if choice.student else None,
            "reached": choice.reached,
            "fallback": _file(name, choice.fallback) if choice.fallback else None,
            "full_size": {
                **{key: full_size[key] for key in ("bytes", "codec", "quality", "score")},
                "bytes_at_target": choice.full_at_target,
            },
            "fixed_bytes": choice.fixed,
            "bytes_at_target": choice.sent_at_target,
            "saved_bytes": choice.saved,
            "frugal": None
            if light is None
            else {
                "student": names[light.student] if light.student else None,
                "sent": _light(name, choice.sent, light.sent),
                "fallback": _light(name, choice.fallback, light.fallback),
            },
        }


def _light(name: str, usual: SentFile | None, instead: SentFile | None) -> dict[str, Any] | None:
    if usual is None or instead is None:
        return None
    return {**_file(name, instead), "file": light_path(name, usual)}


def _file(name: str, sent: SentFile) -> dict[str, Any]:
    return {
        "file": sent.path(name),
        "file_width": sent.width,
        "file_height": sent.height,
        "bytes": sent.bytes,
        "codec": sent.codec,
        "quality": sent.quality,
        "subsampling": sent.subsampling,
        "scale": scale_json(sent.scale),
        "filter": sent.reduction,
        "score": sent.score,
    }
