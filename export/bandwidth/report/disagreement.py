"""The chapter on where judges disagree about the size to send."""

from __future__ import annotations

from export.bandwidth.disagreement import FULL_SIZE, Disagreement, disagreements
from export.bandwidth.report.html import Cell, paragraph, section, table
from export.bandwidth.study import Study


def disagreement_chapter(study: Study) -> str:
    """Compare the sizes that judges would send; empty for a single judge."""
    found = disagreements(study)
    if not found:
        return ""
    judges = [judging.name for judging in study.plan.judgings]
    groups = [[_row(row, judges) for row in found if row.codec == codec] for codec in study.codecs]
    return section(
        "Where judges disagree",
        paragraph(
            "A site replaces its full-size file of one encoder setting by what looks as good to "
            "the judge and takes the fewest bytes: a reduced file in any enlargement that a page "
            "can use, or the file itself. The number of photos for which each size wins, by each "
            f"judge; {FULL_SIZE} is full size. Settings that no judge would compare are left out."
        ),
        table(
            (Cell("instead of", "text"), "photos", *judges, "not the same size"),
            [group for group in groups if group],
        ),
    )


def _row(row: Disagreement, judges: list[str]) -> list[Cell | str]:
    return [
        Cell(f"{row.codec} {row.quality}", "text"),
        str(row.photos),
        *(
            ", ".join(f"{size}: {count}" for size, count in row.winners[judge].items())
            for judge in judges
        ),
        str(row.differing),
    ]
