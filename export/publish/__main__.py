"""A folder of photos -> for each the smallest file that looks right, and the HTML for it.

For every photo the smallest file is found that reaches the wanted SSIMULACRA2 as the reader sees
it: over codecs and quality settings, at full size and at half size enlarged by the student. Half
size is used only where it wins by a margin, so what is sent is never larger and never worse than
full size.

The command can be stopped and given again, and given again with more photos: it does what is new.
Exit status: 0 all photos are published; 1 some could not be (the others are), or the run failed;
2 wrong usage; 130 stopped by Ctrl-C. docs/publish-photos.md has recipes for site generators.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

from export.delivery.student import Student, read_student
from export.publish.choice import Settings
from export.publish.journal import Journal, claimed
from export.publish.library import require_library
from export.publish.manifest import manifest, say_students, write_site
from export.publish.plan import SitePhoto, SitePlan, find, fitting_jobs, measured_first, survey
from export.publish.run import Run
from export.publish.site import MANIFEST, SAMPLE_PAGE, Site
from export.publish.totals import Totals, totals
from export.publish.workers import WorkedPhoto, over_processes, over_ray
from pixels.sending.codecs import Codec, Reduction
from plumbing.command import UsageError, UserError, run_command
from plumbing.parallel import core_count
from plumbing.progress import console


@dataclass(frozen=True, kw_only=True)
class PublishConfig:
    """Settings of `python -m export.publish`."""

    photos: tyro.conf.Positional[tuple[Path, ...]]
    """Folders of photos, and photos."""
    out: Path
    """Folder of the site's photos; one that is there is brought up to date. Only what this command
    wrote is ever replaced or removed."""
    model: Path | None = None
    """The student: an export folder for browsers, by `python -m export.compact` (the smaller
    download) or `python -m export.tfjs`."""
    students: tuple[Path, ...] = ()
    """Several students, in place of --model: the one that serves these photos best is taken, its
    own bytes counted."""
    quality: float = 60.0
    """SSIMULACRA2 that every photo shall reach as the reader sees it: 30 poor, 50 fair, 70 good, 90
    hardly told from the original."""
    margin: float = 0.10
    """Share by which half size must be smaller than full size to be used."""
    codecs: tuple[Codec, ...] = ("AVIF", "WEBP", "JPEG")
    """Formats that may be sent, the most promising first."""
    filters: tuple[Reduction, ...] = ("lanczos", "bicubic", "area", "sharp")
    """Filters to try for half size, the most promising first."""
    fallback: Annotated[Codec | None, tyro.conf.arg(metavar="{JPEG,WEBP,None}")] = "JPEG"
    """What browsers without AVIF get in its place; None leaves them without a picture."""
    max_side_px: int | None = None
    """Photos are first reduced to at most so many pixels on the longer side."""
    keep_metadata: bool = False
    """Let EXIF travel with the files, the place where a photo was taken included."""
    base_url: str = ""
    """What addresses in the snippets begin with, as /media/."""
    photos_per_visit: int = 10
    """How many photos a reader sees in one visit, to weigh a student's bytes against theirs."""
    trial_photos: int = 12
    """Photos on which several students are tried."""
    jobs: int | None = None
    """Photos at a time; by default as many as there are CPU cores and memory for."""
    ray: str | None = None
    """Address of a Ray cluster that works on the photos, or `local`; needs halfsize[ray]."""
    dry_run: bool = False
    """Measure a few photos, tell what a run would take, and write nothing."""
    json: bool = False
    """Print one JSON object on standard output in place of sentences."""

    def __post_init__(self) -> None:
        if not 0 < self.quality < 100:
            raise ValueError(f"quality must be above 0 and below 100, got {self.quality:g}")
        if not 0 <= self.margin < 1:
            raise ValueError(f"margin must be from 0 to below 1, got {self.margin:g}")
        if not self.codecs or not self.filters:
            raise ValueError("codecs and filters must name at least one each")
        if (self.model is None) == (not self.students):
            raise ValueError("name one student by --model, or several by --students")
        if self.fallback == "AVIF":
            raise ValueError("fallback must be JPEG, WEBP or None")
        counts = (self.photos_per_visit, self.trial_photos)
        if min(*counts, 1 if self.jobs is None else self.jobs) < 1:
            raise ValueError("photos-per-visit, trial-photos and jobs must be at least 1")
        if self.max_side_px is not None and self.max_side_px < 16:
            raise ValueError(f"max-side-px must be at least 16, got {self.max_side_px}")

    @property
    def settings(self) -> Settings:
        """What decides about a photo."""
        return Settings(
            target=self.quality,
            margin=self.margin,
            codecs=tuple(dict.fromkeys(self.codecs)),
            reductions=tuple(dict.fromkeys(self.filters)),
            fallback=self.fallback,
            max_side_px=self.max_side_px,
            keep_metadata=self.keep_metadata,
        )


def main(config: PublishConfig) -> None:
    """Run the command."""
    students = [read_student(folder) for folder in config.students or (config.model,) if folder]
    if len({student.name for student in students}) < len(students):
        raise UsageError("--students: two of the folders have the same name")
    found = find(config.photos)
    if not config.dry_run:
        for student in students:
            require_library(student)
    with nullcontext() if config.dry_run else claimed(config.out):
        journal = Journal(config.out)
        plan = survey(found, journal, config.settings, write=not config.dry_run)
        site, run = Site(config.out, journal), _run(config, plan, journal)
        if config.dry_run:
            _say_plan(config, run, plan, run.probe(plan.photos, students[0], site), site)
        else:
            _publish(config, run, plan, students, site)
    if run.errors:
        raise UserError(
            f"{len(run.errors)} of {len(found)} photos could not be published, the others are: "
            + "; ".join(run.errors[name] for name in sorted(run.errors))
        )


def _run(config: PublishConfig, plan: SitePlan, journal: Journal) -> Run:
    jobs = config.jobs or fitting_jobs(plan.photos, core_count())

    def work(photos: Iterable[SitePhoto], students: tuple[Student, ...]) -> Iterator[WorkedPhoto]:
        if config.ray is not None:
            return over_ray(photos, config.settings, students, address=config.ray)
        return over_processes(photos, config.settings, students, jobs=jobs)

    return Run(
        settings=config.settings,
        journal=journal,
        work=work,
        workers=jobs,
        errors=dict(plan.errors),
    )


def _publish(
    config: PublishConfig, run: Run, plan: SitePlan, students: list[Student], site: Site
) -> None:
    trial = measured_first(plan.photos, config.trial_photos)[: config.trial_photos]
    student = run.pick_student(students, trial, per_visit=config.photos_per_visit, site=site)
    run.all(plan.photos, student, site)
    summed = _totals(run, plan, student)
    content = manifest(
        run, plan.photos, student, summed, base_url=config.base_url, settings=config.settings
    )
    write_site(site, run, student, content, summed.sentence)
    removed, changed = site.remove_stale()
    run.journal.tidy(run.keys)
    if config.json:
        did = len(run.measured)
        _print_json(
            status="published",
            manifest=str(config.out / MANIFEST),
            worked_on=did,
            kept=len(run.choices) - did,
            removed=removed,
            left_because_changed=changed,
            errors=run.errors,
            seconds_per_photo=_mean_seconds(run),
            totals=content["totals"],
            students=content["students"],
        )
        return
    say_students(run, config.photos_per_visit)
    for relative in changed:
        console.print(f"left alone because somebody changed it: {relative}", style="yellow")
    if run.measured:
        count, seconds = len(run.measured), _mean_seconds(run)
        console.print(f"{count} photos took {seconds:.1f} s each, {run.workers} at a time")
    Console().print(summed.sentence, highlight=False, soft_wrap=True)
    Console().print(f"wrote {config.out} (see {SAMPLE_PAGE})", highlight=False, soft_wrap=True)


def _totals(run: Run, plan: SitePlan, student: Student) -> Totals:
    by_name = {photo.name: photo for photo in plan.photos}
    return totals(
        list(run.choices.values()),
        own_bytes=sum(by_name[name].bytes for name in run.choices),
        student_bytes=student.gzip_bytes,
        runtime_bytes=require_library(student),
    )


def _mean_seconds(run: Run) -> float | None:
    if not run.measured:
        return None
    return round(sum(one.seconds for one in run.measured) / len(run.measured), 2)


def _say_plan(config: PublishConfig, run: Run, plan: SitePlan, rest: int, site: Site) -> None:
    assert run.expected is not None
    expected = run.expected
    if config.json:
        _print_json(
            status="planned",
            photos=len(plan.photos),
            to_do=rest,
            megapixels=round(expected.megapixels, 1),
            jobs=run.workers,
            seconds=round(expected.seconds, 1),
            seconds_per_photo=round(expected.seconds_per_photo, 2),
            bytes=expected.bytes,
            free_bytes=expected.free_bytes,
            errors=run.errors,
        )
        return
    Console().print(
        f"{len(plan.photos) - rest:,} photos are published already. {expected.sentence}. "
        f"{run.workers} at a time, {expected.seconds_per_photo:.1f} s a photo. "
        f"Nothing was written to {site.folder}.",
        highlight=False,
        soft_wrap=True,
    )


def _print_json(**values: Any) -> None:  # noqa: ANN401
    print(json.dumps(values, indent=1))


if __name__ == "__main__":
    run_command(PublishConfig, main)
