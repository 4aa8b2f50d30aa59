"""One run of publishing: existing files are kept, new photos are processed and noted at once."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from export.delivery.reducing import SentReduction, able_reductions
from export.delivery.scripts import runtime_gzip_bytes
from export.delivery.student import Student, read_student
from export.publish.choice import SentPhoto
from export.publish.config import PublishConfig
from export.publish.estimate import (
    PROBES,
    Estimate,
    TimedPhoto,
    estimate,
    fitting_jobs,
    probes_first,
)
from export.publish.html import Snippets
from export.publish.library import read_library
from export.publish.manifest import Manifest, PublishedPhoto
from export.publish.plan import SitePhoto, SitePlan, plan_site
from export.publish.sample.page import ShownPhoto, sample_page
from export.publish.settings.file import fits
from export.publish.site import MANIFEST, SAMPLE_PAGE, snippet_path
from export.publish.totals import add_up_site
from export.publish.visit import WeighedStudents, weigh_students
from export.publish.workers import WorkedPhoto, over_processes, over_ray
from pixels.stills.listing import some
from plumbing.command import UsageError, UserError
from plumbing.names import as_text
from plumbing.parallel import core_count
from plumbing.progress import console, progress_bar

# What file systems say about a name that they cannot hold.
_NAME_ERRORS = (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL)


class Publication:
    """One run of publishing: `planned`, then `run`, `write` and `report`; or `measure` alone."""

    def __init__(
        self,
        config: PublishConfig,
        students: Sequence[Student],
        runtime_bytes: int,
        plan: SitePlan,
    ) -> None:
        """Take what `planned` has read and opened.

        Args:
            config: What the user wants.
            students: The students to choose among.
            runtime_bytes: What a reader downloads of the page's scripts, gzipped; 0 if they are not
                built and nothing will be written.
            plan: The photos and the site.
        """
        self.config, self.settings = config, config.decisive
        self.students, self.runtime_bytes = tuple(students), runtime_bytes
        self.plan, self.site = plan, plan.site
        self.jobs = config.jobs or fitting_jobs(plan.photos, core_count())
        self.sent: dict[str, SentPhoto] = {}
        """What is sent of each photo, by its name: chosen at first among all students, then among
        those that are sent."""
        self.errors = dict(plan.errors)
        """Why a photo was left out, by its name."""
        self.notes = plan.notes
        """What was passed over, by its name."""
        self.timed: list[TimedPhoto] = []
        """What the photos took that were processed in this run."""
        self._keys: set[str] = set()  # what the site should remember
        self.worked_on: set[str] = set()
        """Names of the photos that were processed in this run."""

    @classmethod
    @contextmanager
    def planned(cls, config: PublishConfig) -> Iterator[Publication]:
        """Read the students, find the photos, and open the site while the block runs.

        Raises:
            UserError: Something of it is missing or damaged, or the page's library is not built.
        """
        students = [read_student(folder) for folder in config.model]
        _require_distinct(students)
        _require_filters(config.filters, students)
        write = not config.dry_run
        if write:  # a missing library is reported now, not after hours of work
            read_library(students)
        runtime_bytes = (
            runtime_gzip_bytes(
                students[0].form, arithmetics={student.arithmetic for student in students}
            )
            or 0
        )
        with plan_site(config.photos, config.out, config.wanted, write=write) as plan:
            _require_first(config.first, [*(photo.name for photo in plan.photos), *plan.errors])
            yield cls(config, students, runtime_bytes, plan)

    def measure(self) -> None:
        """Estimate what a run would take by processing a few photos; write nothing."""
        rest = self._undecided()
        rest = [*rest, *self._missing(self._weighed())]
        for _ in self._processed(probes_first(rest)[:PROBES], self.students, "measuring"):
            pass
        self.expected = self._estimate(rest)

    def run(self) -> None:
        """Decide about every photo, then which students are sent, and publish accordingly."""
        rest = probes_first(self._undecided())
        self._publish(rest, self.students, "publishing", estimating=True)
        self.weighed = self._weighed()
        self._publish(self._missing(self.weighed), self.weighed.sent, "deciding again")

    def write(self) -> None:
        """Write everything but the photos, the manifest last, and remove what is not wanted."""
        students = self.weighed.sent
        snippets = Snippets(students=students, base_url=self.config.address)
        published = [
            PublishedPhoto(photo=photo, sent=sent, html=snippets.of(photo.name, sent, photo.wanted))
            for photo, sent in self._published
        ]
        self.totals = add_up_site(
            [one.sent for one in published],
            own_bytes=sum(one.photo.bytes for one in published),
            student_bytes=sum(student.gzip_bytes for student in students),
            runtime_bytes=self.runtime_bytes if students else 0,
        )
        self.manifest = Manifest(
            settings=self.settings,
            weighed=self.weighed,
            totals=self.totals,
            photos=published,
            errors=self.errors,
            notes=self.notes,
            base_url=self.config.address,
        )
        page = self._sample_page()
        for relative, content in read_library(students).files if students else ():
            self.site.put(relative, content)
        for one in published:
            self.site.put(snippet_path(one.photo.name), f"{one.html}\n".encode())
        self.site.put(SAMPLE_PAGE, page.encode())
        self.site.put(MANIFEST, self.manifest.content)
        files = {name: [*sent.files(name), snippet_path(name)] for name, sent in self.sent.items()}
        self.finish = self.site.finish(self._keys, files, self.errors)

    @property
    def _published(self) -> list[tuple[SitePhoto, SentPhoto]]:
        """The photos that are on the site, and what is sent of each."""
        return [
            (photo, self.sent[photo.name]) for photo in self.plan.photos if photo.name in self.sent
        ]

    def _sample_page(self) -> str:
        by_hash = {student.sha256: student for student in self.weighed.sent}
        shown = [
            ShownPhoto(
                name=photo.name,
                sent=sent,
                student=by_hash[sent.largest.student] if sent.largest.student else None,
                own_bytes=photo.bytes,
                full=self.site.kept_full(sent.largest.full) if sent.largest.student else None,
                settings=photo.wanted.settings,
            )
            for photo, sent in self._published
        ]
        sentences = [*self.totals.sentences, self.judged]
        return sample_page(shown, self.site.read, totals=self.totals.largest, sentences=sentences)

    def require_all(self) -> None:
        """Warn of photos that were left out.

        Raises:
            UserError: There are some, and the user is strict; or none is published.
        """
        if not self.errors:
            return
        count = len(self.plan.photos) + len(self.plan.errors)
        none_left = len(self.errors) >= count
        others = "" if none_left else ", the others are"
        reasons = "; ".join(self.errors[name] for name in sorted(self.errors))
        sentence = f"{len(self.errors)} of {count} photos could not be published{others}: {reasons}"
        if self.config.strict or none_left:
            raise UserError(sentence)
        console.print(f"WARNING: {sentence}", style="bold yellow", highlight=False, soft_wrap=True)

    def _publish(
        self,
        photos: Sequence[SitePhoto],
        students: tuple[Student, ...],
        doing: str,
        *,
        estimating: bool = False,
    ) -> None:
        """Decide about photos, write their files, and note each choice at once."""
        for worked in self._processed(photos, students, doing, estimating=estimating):
            name, sent = worked.photo.name, worked.outcome.photo
            if sent and self._put(worked.photo, sent, worked.outcome.files):
                self.site.remember(self._key(worked.photo, students), sent)
                self.sent[name] = sent
            else:
                self.sent.pop(name, None)

    def _put(self, photo: SitePhoto, sent: SentPhoto, files: dict[str, bytes]) -> bool:
        """Write the files of a photo; if its name stands in the way, it is an error of the photo.

        Returns:
            Whether they are written.

        Raises:
            OSError: The disk is full, or the site cannot be written to for another reason that
                every photo shares.
        """
        try:
            self.site.put_photo(photo.name, sent, files)
            if sent.largest.student:
                self.site.keep_full(sent.largest.full, files[sent.largest.full.sha256])
        except UserError as error:
            self.errors[photo.name] = str(error)
        except OSError as error:
            if error.errno not in _NAME_ERRORS:
                raise
            reason = os.strerror(error.errno).lower()
            self.errors[photo.name] = f"{as_text(photo.path)}: cannot be written: {reason}"
        return photo.name not in self.errors

    def _undecided(self) -> list[SitePhoto]:
        """List the photos to process; what was chosen for the others among all students is kept."""
        rest = []
        for photo in self.plan.photos:
            sent = self.site.recall(self._key(photo, self.students))
            if sent:
                self.sent[photo.name] = sent
            else:
                rest.append(photo)
        return rest

    def _weighed(self) -> WeighedStudents:
        """Find the students that are worth it for the photos that were decided about."""
        return weigh_students(
            self.students,
            self.sent.values(),
            photos_per_visit=self.config.photos_per_visit,
            runtime_bytes=self.runtime_bytes,
        )

    def _missing(self, weighed: WeighedStudents) -> list[SitePhoto]:
        """List the photos to process again: their student is not sent, or their files are gone.

        Where an earlier run has done so, what it chose is taken over.
        """
        able = {student.sha256 for student in weighed.sent}
        rest = []
        for photo in self.plan.photos:
            sent = self.sent.get(photo.name)
            if not sent:
                continue
            if not sent.students <= able:
                sent = self.site.recall(self._key(photo, weighed.sent))
            if sent and self.site.has_photo(photo.name, sent):
                self.sent[photo.name] = sent
            else:
                rest.append(photo)
        return rest

    def _key(self, photo: SitePhoto, students: Sequence[Student]) -> str:
        key = photo.key(students)
        self._keys.add(key)
        return key

    @property
    def judged(self) -> str:
        """Say by whom photos were judged, and what they had to reach."""
        judge = self.settings.judge
        target = f"{self.settings.target:g} {judge.measure.unit}"
        return f"Judged by {judge.description}: at least {target} as the reader sees it."

    def _processed(
        self,
        photos: Sequence[SitePhoto],
        students: tuple[Student, ...],
        doing: str,
        *,
        estimating: bool = False,
    ) -> Iterator[WorkedPhoto]:
        """Process photos under a progress bar, and time each.

        Args:
            photos: The photos.
            students: The students to choose with.
            doing: Label of the progress bar.
            estimating: Whether to estimate what the rest takes after a few photos.

        Raises:
            UserError: A worker failed, or the disk has too little space for the rest.
        """
        if self.config.ray is not None:
            results = over_ray(photos, students, address=self.config.ray)
        else:
            results = over_processes(photos, students, jobs=self.jobs)
        with progress_bar() as progress:
            bar = progress.add_task(doing, total=len(photos), note="")
            for count, worked in enumerate(results, start=1):
                outcome = worked.outcome
                self.worked_on.add(worked.photo.name)
                if outcome.error:
                    self.errors[worked.photo.name] = outcome.error
                self.timed.append(
                    TimedPhoto(
                        megapixels=worked.photo.megapixels,
                        seconds=worked.seconds,
                        bytes=sum(len(content) for content in outcome.files.values()),
                    )
                )
                yield worked
                progress.update(bar, advance=1, note=worked.photo.name)
                if estimating and count == PROBES and len(photos) > PROBES:
                    expected = self._estimate(photos[count:])
                    console.print(expected.sentence, highlight=False)
                    expected.require_space()

    def _estimate(self, rest: Sequence[SitePhoto]) -> Estimate:
        return estimate(rest, self.timed, workers=self.jobs, site=self.site.folder)

    def mean_seconds(self) -> float | None:
        """Return the mean time of a worker for one of those photos."""
        if not self.timed:
            return None
        return round(sum(photo.seconds for photo in self.timed) / len(self.worked_on), 2)


def _require_first(patterns: Sequence[str], names: Sequence[str]) -> None:
    """Check that every photo of the first screen is there.

    Raises:
        UsageError: A pattern fits no photo.
    """
    for pattern in patterns:
        if not any(fits(name, pattern) for name in names):
            raise UsageError(
                f"--first {pattern}: no photo has this name; names are paths within the folder, "
                f"as {some(sorted(names))}"
            )


def _require_filters(filters: Sequence[SentReduction], students: Sequence[Student]) -> None:
    """Check that there is a way to reduce photos for every student.

    Raises:
        UsageError: There is none.
    """
    for student in students:
        if not able_reductions(filters, student.scale):
            raise UsageError(
                f"--filters trained: there is no reducer for photos {student.scale} times smaller, "
                f"which {student.name} enlarges: name another filter as well"
            )


def _require_distinct(students: Sequence[Student]) -> None:
    """Check that students can be on one page.

    Raises:
        UsageError: Two have the same name or are the same, or they need different engines.
    """
    if len({student.name for student in students}) < len(students):
        raise UsageError("--model: two of the folders have the same name")
    if len({student.sha256 for student in students}) < len(students):
        raise UsageError("--model: two of the folders hold the same student")
    if len({student.form.file for student in students}) > 1:
        raise UsageError(
            "--model: a page runs all students with one engine: export all of them with "
            "`python -m export.compact`, or all with `python -m export.tfjs`"
        )
