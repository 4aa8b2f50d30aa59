"""The report as one self-contained page."""

from __future__ import annotations

from pathlib import Path

from export.bandwidth.report.against_full import against_full_chapter
from export.bandwidth.report.break_even import break_even_chapter
from export.bandwidth.report.classes import classes_chapter
from export.bandwidth.report.freedoms import freedoms_chapter
from export.bandwidth.report.html import page
from export.bandwidth.report.method import method_chapter
from export.bandwidth.report.network import network_chapter
from export.bandwidth.report.photos import photos_chapter
from export.bandwidth.report.verdict import verdict
from export.bandwidth.study import Study
from plumbing.disk import whole_file
from plumbing.progress import busy

CHAPTERS = (
    verdict,
    against_full_chapter,
    network_chapter,
    freedoms_chapter,
    classes_chapter,
    break_even_chapter,
    photos_chapter,
    method_chapter,
)
"""In the order of the page. Each turns a study into HTML; empty where there is nothing to say."""


def write_page(out: Path, study: Study) -> None:
    """Write index.html: everything inside it, nothing fetched."""
    with busy("drawing the report"):
        chapters = [chapter(study) for chapter in CHAPTERS]
        content = page("What half size saves", [chapter for chapter in chapters if chapter])
    with whole_file(out / "index.html") as temporary:
        temporary.write_text(content, encoding="utf-8")
