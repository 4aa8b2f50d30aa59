"""What a run of publishing prints when it is done."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import PurePosixPath
from typing import Any

from rich.console import Console

from export.publish.publication import Publication
from export.publish.site import MANIFEST, SAMPLE_PAGE
from pixels.stills.listing import some
from plumbing.progress import console


def report_published(done: Publication) -> None:
    """Print what was published."""
    if done.config.json:
        _print_json(
            status="published",
            manifest=str(done.config.out / MANIFEST),
            worked_on=len(done.worked_on),
            kept=len(done.sent.keys() - done.worked_on),
            removed=done.finish.removed,
            left_because_changed=done.finish.changed,
            left_because_failed=done.finish.kept,
            errors=done.errors,
            notes=done.notes,
            seconds_per_photo=done.mean_seconds(),
            totals=done.totals.largest.as_json(),
            totals_of_all_widths=done.totals.all_widths.as_json(),
            judge=done.manifest.judge,
            students=done.manifest.students,
        )
        return
    for sentence in done.weighed.sentences:
        console.print(sentence, highlight=False, soft_wrap=True)
    _print_notes(done.notes)
    for relative in done.finish.changed:
        console.print(f"kept because somebody changed it: {relative}", style="yellow")
    for name in done.finish.kept:
        console.print(f"kept as it was published before: {name}", style="yellow")
    if done.timed:
        count, seconds = len(done.worked_on), done.mean_seconds()
        console.print(f"{count} photos took {seconds:.1f} s each, {done.jobs} at a time")
    _print(done.judged)
    for sentence in done.totals.sentences:
        _print(sentence)
    _print(done.totals.largest.fixed_sentence)
    _print(f"wrote {done.config.out} (see {SAMPLE_PAGE})")


def report_plan(measured: Publication) -> None:
    """Print what a run would take."""
    expected = measured.expected
    if measured.config.json:
        _print_json(
            status="planned",
            photos=len(measured.plan.photos),
            to_do=expected.photos,
            megapixels=round(expected.megapixels, 1),
            jobs=measured.jobs,
            seconds=round(expected.seconds, 1),
            seconds_per_photo=round(expected.seconds_per_photo, 2),
            bytes=expected.bytes,
            free_bytes=expected.free_bytes,
            errors=measured.errors,
            notes=measured.notes,
        )
        return
    _print_notes(measured.notes)
    _print(
        f"{len(measured.plan.photos) - expected.photos:,} photos are already published. "
        f"{expected.sentence}. {measured.jobs} at a time, {expected.seconds_per_photo:.1f} s per "
        f"photo. Nothing was written to {measured.site.folder}."
    )


def _print_notes(notes: dict[str, str]) -> None:
    """Print what was passed over, grouped by the reason."""
    groups: dict[str, list[str]] = {}
    for name, note in sorted(notes.items()):
        groups.setdefault(note, []).append(name)
    for note, names in groups.items():
        console.print(
            f"{len(names)} x {note}{_by_suffix(names)}: {some(names)}",
            style="yellow",
            highlight=False,
            soft_wrap=True,
        )


def _by_suffix(names: list[str]) -> str:
    """Count names by their suffix, the most frequent first; empty if all have one."""
    counts = Counter(PurePosixPath(name).suffix.lower() or "no suffix" for name in names)
    if len(counts) < 2:
        return ""
    return f" ({', '.join(f'{count} {suffix}' for suffix, count in counts.most_common())})"


def _print(sentence: str) -> None:
    Console().print(sentence, highlight=False, soft_wrap=True)


def _print_json(**values: Any) -> None:  # noqa: ANN401
    print(json.dumps(values, indent=1))
