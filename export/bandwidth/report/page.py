"""The report as one self-contained page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from export.bandwidth.measure import Measured
from export.bandwidth.plan import Costs, Plan
from export.bandwidth.report.chapters import (
    against_chapter,
    break_even_chapter,
    classes_chapter,
    freedoms_chapter,
    verdict,
)
from export.bandwidth.report.html import page
from export.bandwidth.report.network import network_chapter
from export.bandwidth.report.photos import method_chapter, photos_chapter
from export.bandwidth.study import Study
from plumbing.disk import whole_file
from plumbing.progress import busy


def write_page(
    out: Path, study: Study, measured: Sequence[Measured], costs: Costs, plan: Plan
) -> None:
    """Write index.html: everything inside it, nothing fetched."""
    with busy("drawing the report"):
        there = [photo for photo in measured if photo.problem is None]
        chapters = [
            verdict(study),
            against_chapter(study, there, plan),
            network_chapter(study, plan),
            freedoms_chapter(study),
            classes_chapter(study),
            break_even_chapter(study, costs),
            photos_chapter(study, there),
            method_chapter(study, measured, plan),
        ]
        content = page("What half size saves", [chapter for chapter in chapters if chapter])
    with whole_file(out / "index.html") as temporary:
        temporary.write_text(content, encoding="utf-8")
