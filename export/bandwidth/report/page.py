"""The report as one self-contained page."""

from __future__ import annotations

from pathlib import Path

from export.bandwidth.report.against_full import against_full_chapter
from export.bandwidth.report.break_even import break_even_chapter
from export.bandwidth.report.classes import classes_chapter
from export.bandwidth.report.disagreement import disagreement_chapter
from export.bandwidth.report.freedoms import freedoms_chapter
from export.bandwidth.report.html import page
from export.bandwidth.report.method import method_chapter
from export.bandwidth.report.network import network_chapter
from export.bandwidth.report.photos import photos_chapter
from export.bandwidth.report.verdict import TITLE, verdict
from export.bandwidth.study import Study
from plumbing.disk import whole_file
from plumbing.progress import busy

CHAPTERS = (
    against_full_chapter,
    network_chapter,
    freedoms_chapter,
    classes_chapter,
    break_even_chapter,
    photos_chapter,
)
"""By each judge, in this order, between the verdict and the method. Each turns a study into HTML;
empty where there is nothing to say."""


def write_page(out: Path, study: Study) -> None:
    """Write index.html: everything inside it, nothing fetched."""
    with busy("drawing the report"):
        chapters = [verdict(study), disagreement_chapter(study)]
        chapters += [chapter(one) for one in study.by_each_judge for chapter in CHAPTERS]
        chapters.append(method_chapter(study))
        content = page(TITLE, [chapter for chapter in chapters if chapter])
    with whole_file(out / "index.html") as temporary:
        temporary.write_text(content, encoding="utf-8")
