"""What a run leaves beside the photos: the manifest, the snippets, the page, and words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from export.delivery.scripts import ELEMENT_SCRIPT
from export.delivery.student import Student
from export.publish.choice import Choice, SentFile, Settings
from export.publish.html import sample_page, snippet
from export.publish.library import library_files
from export.publish.plan import SitePhoto, in_bytes
from export.publish.run import Run
from export.publish.site import LIBRARY, MANIFEST, SAMPLE_PAGE, SNIPPETS, Site, file_path
from export.publish.totals import Totals
from plumbing.progress import console

FORMAT = 1
"""Of the manifest; it changes where a field changes its meaning or goes."""


def manifest(
    run: Run,
    photos: Sequence[SitePhoto],
    student: Student,
    summed: Totals,
    *,
    base_url: str,
    settings: Settings,
) -> dict[str, Any]:
    """Describe all that is published: the same photos and settings give the same bytes."""
    by_name = {photo.name: photo for photo in photos}
    return {
        "format": FORMAT,
        "settings": asdict(settings),
        "student": {
            "name": student.name,
            "sha256": student.sha256,
            "gzip_bytes": student.gzip_bytes,
            "model": f"{base_url}{LIBRARY}/models/{student.name}/",
            "script": f"{base_url}{LIBRARY}/{ELEMENT_SCRIPT}",
        },
        "students": [
            {
                "name": tried.student.name,
                "gzip_bytes": tried.student.gzip_bytes,
                "visit_bytes": round(tried.visit_bytes),
                "half": tried.half,
            }
            for tried in run.tried
        ],
        "totals": summed.as_json(),
        "photos": {
            name: _entry(by_name[name], run.choices[name], student, base_url)
            for name in sorted(run.choices)
        },
        "errors": dict(sorted(run.errors.items())),
    }


def _entry(photo: SitePhoto, choice: Choice, student: Student, base_url: str) -> dict[str, Any]:
    return {
        "form": choice.form,
        "width": choice.width,
        "height": choice.height,
        **_file(photo.name, choice.sent),
        "student": student.name if choice.form == "half" else None,
        "reached": choice.reached,
        "fallback": _file(photo.name, choice.fallback) if choice.fallback else None,
        "full_size": {
            key: value
            for key, value in _file(photo.name, choice.full).items()
            if key in ("bytes", "codec", "quality", "score")
        },
        "saved_bytes": choice.saved,
        "source": {"sha256": photo.sha256, "bytes": photo.bytes},
        "html": snippet(photo.name, choice, base_url=base_url),
    }


def _file(name: str, sent: SentFile) -> dict[str, Any]:
    return {
        "file": file_path(name, sent),
        "file_width": sent.width,
        "file_height": sent.height,
        "bytes": sent.bytes,
        "codec": sent.codec,
        "quality": sent.quality,
        "filter": sent.reduction,
        "score": sent.score,
    }


def write_site(
    site: Site, run: Run, student: Student, content: dict[str, Any], summary: str
) -> None:
    """Write everything but the photos, the manifest last."""
    names = sorted(run.choices)
    needed = any(run.choices[name].form == "half" for name in names)
    if needed:
        for relative, data in library_files(student):
            site.put(relative, data)
    for name in names:
        html = content["photos"][name]["html"]
        site.put(f"{SNIPPETS}/{name}.html", f"{html}\n".encode())
    page = sample_page(
        [(name, run.choices[name]) for name in names],
        lambda relative: (site.folder / relative).read_bytes(),
        model=student.name if needed else None,
        summary=summary,
    )
    site.put(SAMPLE_PAGE, page.encode())
    site.put(MANIFEST, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def say_students(run: Run, per_visit: int) -> None:
    """Tell how the students did, where several were tried."""
    for tried in sorted(run.tried, key=lambda tried: tried.visit_bytes):
        console.print(
            f"{tried.student.name}: {in_bytes(tried.visit_bytes)} for {per_visit} photos, its own "
            f"{in_bytes(tried.student.gzip_bytes)} included; {tried.half} photos at half size",
            highlight=False,
        )
    if run.tried:
        console.print(
            f"a student of its own for each of these photos would save {in_bytes(run.mixed_bytes)} "
            "and cost a second download",
            highlight=False,
        )
