"""One run of publishing: what is there is kept, the rest is worked on and noted at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from export.delivery.student import Student
from export.publish.choice import Choice, Settings
from export.publish.journal import Journal
from export.publish.plan import (
    MEASURED,
    Estimate,
    SitePhoto,
    TimedPhoto,
    estimate,
    measured_first,
    require_space,
)
from export.publish.site import Site
from export.publish.totals import mixed_saving, visit_bytes
from export.publish.workers import WorkedPhoto
from plumbing.progress import console, progress_bar

Work = Callable[[Iterable[SitePhoto], tuple[Student, ...]], Iterator[WorkedPhoto]]


@dataclass(frozen=True, kw_only=True)
class TriedStudent:
    """How a student did on the photos on which several were tried."""

    student: Student
    """Which one."""
    visit_bytes: float
    """What a visit downloads: photos and student."""
    half: int
    """Photos sent at half size."""


@dataclass(kw_only=True)
class Run:
    """A run under way."""

    settings: Settings
    """What is wanted."""
    journal: Journal
    """What is known already."""
    work: Work
    """How photos are worked on."""
    workers: int
    """How many at a time."""
    choices: dict[str, Choice] = field(default_factory=dict)
    """What was chosen, by name."""
    errors: dict[str, str] = field(default_factory=dict)
    """Why a photo was left out, by name."""
    keys: set[str] = field(default_factory=set)
    """What the journal should keep."""
    measured: list[TimedPhoto] = field(default_factory=list)
    """What photos took that were worked on in this run."""
    expected: Estimate | None = None
    """What the rest takes, once some were measured."""
    tried: list[TriedStudent] = field(default_factory=list)
    """The students, if there were several."""
    mixed_bytes: int = 0
    """What a student of its own for each photo would have saved on those photos."""

    def pick_student(
        self,
        students: Sequence[Student],
        photos: Sequence[SitePhoto],
        *,
        per_visit: int,
        site: Site,
    ) -> Student:
        """Try all students on some photos, and take the one that serves them best.

        What was tried is remembered, so that nothing is done twice.
        """
        if len(students) == 1 or not photos:
            return students[0]
        missing = [photo for photo in photos if None in self._known(photo, students)]
        files: dict[str, dict[str, bytes]] = {}
        for done in self._worked(missing, tuple(students), "trying the students"):
            for student, choice in zip(students, done.outcome.choices, strict=False):
                self.journal.keep(self._key(done.photo, student), choice)
            files[done.photo.name] = done.outcome.files
        known = [[one for one in self._known(photo, students) if one] for photo in photos]
        made = [choices for choices in known if len(choices) == len(students)]
        for at, student in enumerate(students):
            chosen = [choices[at] for choices in made]
            self.tried.append(
                TriedStudent(
                    student=student,
                    visit_bytes=visit_bytes(chosen, per_visit, student.gzip_bytes),
                    half=sum(choice.form == "half" for choice in chosen),
                )
            )
        best = min(range(len(students)), key=lambda at: self.tried[at].visit_bytes)
        self.mixed_bytes = mixed_saving(made, best)
        for photo in photos:
            choice = self.journal.choice(self._key(photo, students[best]))
            if photo.name in files and choice:
                site.put_photo(photo.name, choice, files[photo.name])
        return students[best]

    def _known(self, photo: SitePhoto, students: Sequence[Student]) -> list[Choice | None]:
        """Recall what was chosen before, for each student."""
        keys = [self._key(photo, student) for student in students]
        self.keys |= set(keys)
        return [self.journal.choice(key) for key in keys]

    def all(self, photos: Sequence[SitePhoto], student: Student, site: Site) -> None:
        """Publish every photo that is not published already."""
        rest = self._not_there(photos, student, site)
        for done in self._worked(measured_first(rest), (student,), "publishing", site=site):
            if done.outcome.error:
                continue
            (choice,) = done.outcome.choices
            site.put_photo(done.photo.name, choice, done.outcome.files)
            self.journal.keep(self._key(done.photo, student), choice)
            self.choices[done.photo.name] = choice

    def probe(self, photos: Sequence[SitePhoto], student: Student, site: Site) -> int:
        """Only measure: work on a few photos and write nothing.

        Returns:
            How many photos a real run would work on.
        """
        rest = self._not_there(photos, student, site)
        first = list(islice(measured_first(rest), MEASURED))
        for _ in self._worked(first, (student,), "measuring"):
            pass
        self.expected = estimate(rest, self.measured, workers=self.workers, site=site.folder)
        return len(rest)

    def _not_there(
        self, photos: Sequence[SitePhoto], student: Student, site: Site
    ) -> list[SitePhoto]:
        rest = []
        for photo in photos:
            key = self._key(photo, student)
            self.keys.add(key)
            choice = self.journal.choice(key)
            if choice and site.has_photo(photo.name, choice):
                self.choices[photo.name] = choice
            else:
                rest.append(photo)
        return rest

    def _key(self, photo: SitePhoto, student: Student) -> str:
        return self.settings.key(photo.sha256, student.sha256)

    def _worked(
        self,
        photos: Sequence[SitePhoto],
        students: tuple[Student, ...],
        doing: str,
        *,
        site: Site | None = None,
    ) -> Iterator[WorkedPhoto]:
        """Go through the results; measure each, and tell of the rest once some are known."""
        with progress_bar() as progress:
            bar = progress.add_task(doing, total=len(photos), note="")
            for count, done in enumerate(self.work(photos, students), start=1):
                if done.outcome.error:
                    self.errors[done.photo.name] = done.outcome.error
                bytes_ = sum(len(content) for content in done.outcome.files.values())
                self.measured.append(
                    TimedPhoto(megapixels=done.photo.megapixels, seconds=done.seconds, bytes=bytes_)
                )
                yield done
                progress.update(bar, advance=1, note=done.photo.name)
                if site and count == MEASURED and len(photos) > MEASURED:
                    self.expected = estimate(
                        photos[count:], self.measured, workers=self.workers, site=site.folder
                    )
                    console.print(self.expected.sentence, highlight=False)
                    require_space(self.expected)
