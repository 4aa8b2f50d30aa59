"""The chapter on where judges disagree about the size to send."""

from __future__ import annotations

from export.bandwidth.disagreement import FULL_SIZE, Disagreement, disagreements
from export.bandwidth.report.html import NOTHING, Cell, paragraph, section, table
from export.bandwidth.study import Study


def disagreement_chapter(study: Study) -> str:
    """Compare the sizes that judges would send; empty for a single judge."""
    found = disagreements(study)
    if not found:
        return ""
    judges = [judging.name for judging in study.plan.judgings]
    sizes = [FULL_SIZE, *(str(1 / scale) for scale in reversed(study.scales))]
    groups = [
        [_row(row, judges, sizes) for row in found if row.codec == codec] for codec in study.codecs
    ]
    return section(
        "Where judges disagree",
        paragraph(
            "A site replaces its full-size file of one encoder setting by what looks as good to "
            "the judge and takes the fewest bytes: a reduced file in any enlargement that a page "
            "can use, or the file itself. The table has the number of photos for which each size "
            "wins, by each judge, and the number of those on which the judges disagree. Settings "
            "that no judge would compare are left out."
        ),
        table(
            (
                *(Cell("instead of", "text"), "photos"),
                *(("full size" if size == FULL_SIZE else size) for _ in judges for size in sizes),
                "photos",
            ),
            [group for group in groups if group],
            over=[("", 2), *((judge, len(sizes)) for judge in judges), ("disagree on", 1)],
        ),
    )


def _row(row: Disagreement, judges: list[str], sizes: list[str]) -> list[Cell | str]:
    counts = [row.winners[judge].get(size, 0) for judge in judges for size in sizes]
    return [
        Cell(f"{row.codec} {row.quality}", "text"),
        str(row.photos),
        *(str(count) if count else NOTHING for count in counts),
        Cell(str(row.differing), "best" if row.differing else ""),
    ]
