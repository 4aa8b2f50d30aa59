"""The released networks and the commands that train them, on one GPU or on a CPU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

from distill.students import SIZES
from pixels.scale import HALF
from teacher.networks.chain_config import Colour

Budget = Literal["gpu", "cpu", "rehearsal"]

_CLEAN, _WEB, _FINE, _PUBLISHED = "clean", "web", "fine", "published"
_COMPRESSED, _TWO_THIRDS = "compressed", "two-thirds"
_PUBLISHED_TWO_THIRDS = "published-two-thirds"
_UNRELEASED = ("first", "second", "third")
_THREE_HALVES = Fraction(3, 2)
# Rates of the three stages. From finished weights, SOAP gets a third of the rates of fresh ones.
_ADAM_RATES = (1e-3, 2e-4, 5e-5)
_SOAP_RATES = (3e-3, 1e-3, 3e-4)
_PRELU_RATES = (3e-3, 3e-4, 3e-4)
# Students are small: two threads hardly help, and slow each other down on a busy machine.
_ONE_THREAD = ("--threads", "1")


@dataclass(frozen=True, kw_only=True)
class PlannedTraining:
    """One training of a release."""

    name: str
    """NETWORK-KIND, which also names the run folder and the released weights; NETWORK-KIND-3-2 for
    a scale of 3/2; with -integer at the end in whole numbers; with -first, -second or -third at the
    end if another training continues from it and it is not released."""
    module: str
    """The command that trains it."""
    flags: tuple[str, ...]
    """Flags that determine the result, except for photos and run."""
    needs: str | None = None
    """Name of the training that must come first: it starts from that network or learns from it."""
    needs_flag: str = ""
    """Flag that names that network."""
    scale: Fraction = HALF
    """Scale of the network."""
    published: bool = False
    """Whether it is trained on photos as `export.publish` sends them."""

    @property
    def degradation(self) -> str:
        """How the photos that it is trained on are sent."""
        return _PUBLISHED if self.published else self.kind

    @property
    def kind(self) -> str:
        """`clean`, for reduced photos as they are; `web` or `fine`, for compressed ones."""
        return next(word for word in self.name.split("-") if word in (_CLEAN, _WEB, _FINE))

    @property
    def store(self) -> str:
        """Name of the store to train on, for `preparation`."""
        if self.scale != HALF:
            return _PUBLISHED_TWO_THIRDS if self.published else _TWO_THIRDS
        if self.published:
            return _PUBLISHED
        return _CLEAN if self.kind == _CLEAN else _COMPRESSED

    @property
    def is_released(self) -> bool:
        """Whether the weights are released, not only those of a training that continues."""
        return self.name.rpartition("-")[2] not in _UNRELEASED

    @property
    def is_reducer(self) -> bool:
        """Whether the network makes photos smaller, for the student that it needs."""
        return self.module == "distill.reducing"

    @property
    def is_teacher(self) -> bool:
        """Whether the network is a teacher."""
        return self.module == "teacher.train"

    def arguments(self, *, store: Path, runs: Path) -> list[str]:
        """List the arguments of the command."""
        first = [] if self.needs is None else [self.needs_flag, str(runs / self.needs)]
        return [
            *("--store", str(store), "--run", str(runs / self.name)),
            *(() if self.is_reducer else ("--degradation", self.degradation)),
            *first,
            *self.flags,
        ]


def preparation(store: str, budget: Budget) -> tuple[str, ...]:
    """List the flags with which `teacher.prepare` makes a store.

    Stores for clean input hold reduced photos, stores for compressed input hold photos as they are
    (docs/decisions/0022).
    """
    if store == _CLEAN:
        return ("--variants", "0")
    # Reduced to what pages show, so that variants are made in minutes.
    sizes = ("--short-sides", "700", "420")
    two_thirds = ("--scale", "3/2", *sizes)
    sent = ("--variants", "2", "--sending", _PUBLISHED)
    if store == _PUBLISHED:
        return (*sizes, *sent)
    if store == _PUBLISHED_TWO_THIRDS:
        return (*two_thirds, *sent)
    if store == _TWO_THIRDS:
        variants = "1" if budget == "rehearsal" else "3"
        return (*two_thirds, "--variants", variants, "--sending", _FINE)
    return ("--variants", "1" if budget == "rehearsal" else "8", "--short-sides")


def plan(budget: Budget) -> list[PlannedTraining]:
    """List the trainings of a budget, each after the training it needs."""
    return {"gpu": _gpu, "cpu": _cpu, "rehearsal": _rehearsal}[budget]()


def _gpu() -> list[PlannedTraining]:
    """The trainings behind the repository's weights.

    Teachers of EDSR-baseline's shape, `large` and the first training of `small` took ten minutes of
    an H200, all at once; the rest took some hours of one CPU core. (The Adam trainings of `small`
    and `large` for clean input used photos that were not reduced. `nano-clean-second` had 4,000
    more steps in between.)
    """
    teacher = (
        *("--blocks", "16", "--channels", "64", "--colour", "luma"),
        *("--batch", "16", "--crop-px", "64", "--learning-rate", "5e-4", "--warmup-steps", "500"),
        *("--polish-share", "0.1", "--polish-crop-px", "128"),
    )
    long = (
        *_adam(_ADAM_RATES),
        *("--warmup-steps", "500", "--stage1.batch", "32", "--stage1.crop-px", "64"),
        *("--stage2.batch", "8", "--stage2.crop-px", "128"),
        *("--stage2.truth", "1", "--stage2.teacher", "0"),
        *("--stage3.batch", "8", "--stage3.crop-px", "128"),
    )
    short = (*_adam(_ADAM_RATES), *_SHORT)
    return [
        _teacher(_CLEAN, (*teacher, "--steps", "20000")),
        _teacher(_WEB, (*teacher, "--steps", "18000")),
        _student("large", "clean-first", ("--steps", "54000", *long)),
        _student("large", "web-first", ("--steps", "47000", *long)),
        _student("small", "clean-first", ("--steps", "52000", *long)),
        _adam_on("small-clean-second", "small-clean-first", steps=3_000, rate=5e-4),
        _adam_on("small-web-first", "small-clean-second", steps=18_000),
        _adam_on("medium-clean-first", "small-clean-second", steps=20_000, body=_MEDIUM_BODY),
        _adam_on("medium-web-first", "small-web-first", steps=20_000, body=_MEDIUM_BODY),
        _student("nano", "clean-first", short),
        _adam_on("nano-clean-second", "nano-clean-first", steps=30_000),
        _adam_on("nano-web-first", "nano-clean-first", steps=6_000),
        _adam_on("nano-web-second", "nano-web-first", steps=28_000),
        _soap_on("small-clean-third", "small-clean-second", steps=16_000),
        _soap_on("small-web-second", "small-web-first", steps=16_000),
        _soap_on("nano-clean-third", "nano-clean-second", steps=7_000),
        _soap_on("medium-clean", "medium-clean-first", steps=16_000),
        _soap_on("medium-web", "medium-web-first", steps=9_000),
        _soap_on("large-clean", "large-clean-first", steps=10_000),
        _soap_on("large-web", "large-web-first", steps=4_000),
        _prelu_on("small-clean", "small-clean-third", steps=16_000),
        _prelu_on("small-web", "small-web-second", steps=14_000),
        _prelu_on("small-fine-first", "small-clean", steps=12_000),
        _judged_on("small-fine", "small-fine-first", steps=9_000),
        _prelu_on("nano-clean", "nano-clean-third", steps=16_000),
        _prelu_on("nano-web", "nano-web-second", steps=8_000),
        _prelu_on("medium-rgb-web", "medium-web", steps=14_000, colour="rgb"),
        *_last(),
    ]


def _cpu() -> list[PlannedTraining]:
    """A smaller teacher and shorter trainings: many hours of one CPU core."""
    teacher = (
        *("--blocks", "8", "--channels", "32", "--colour", "luma", "--batch", "8"),
        *("--warmup-steps", "300"),
    )
    return [
        _teacher(_CLEAN, (*teacher, "--steps", "12000")),
        _teacher(_WEB, (*teacher, "--steps", "6000")),
        *(_student(name, _CLEAN, _SHORT) for name in SIZES if name != "medium"),
        _soap_on("medium-clean", "small-clean", steps=12_000, body=_MEDIUM_BODY),
        *(_prelu_on(f"{name}-web", f"{name}-clean", steps=8_000) for name in SIZES),
        _prelu_on("medium-rgb-web", "medium-web", steps=6_000, colour="rgb"),
        _soap_on("small-fine-first", "small-clean", steps=6_000),
        _judged_on("small-fine", "small-fine-first", steps=9_000),
        *_last(),
    ]


def _rehearsal() -> list[PlannedTraining]:
    """A few steps of each kind, to check the setup before spending hours."""
    few = ("--steps", "4")
    return [
        _teacher(_CLEAN, ("--blocks", "1", "--channels", "4", "--batch", "2", *few)),
        _student("nano", _CLEAN, few, needs="residual-clean", needs_flag="--teacher"),
        PlannedTraining(
            name="nano-web",
            module="distill.run",
            flags=(*few, *_ONE_THREAD),
            needs="nano-clean",
            needs_flag="--start-from",
        ),
        PlannedTraining(
            name="nano-fine-3-2",
            module="distill.run",
            flags=("--scale", "3/2", *few, *_ONE_THREAD),
            needs="nano-clean",
            needs_flag="--body-from",
            scale=_THREE_HALVES,
        ),
        replace(_reducer("reducer-fine", "nano-clean"), flags=(*few, *_ONE_THREAD)),
    ]


def _last() -> list[PlannedTraining]:
    """Students of 3/2, each from the body of one that doubles, students in whole numbers, reducers.

    An hour of one CPU core in all.
    """
    return [
        _from_body("small-fine-3-2-first", "small-fine-first", steps=12_000),
        _prelu_on(
            "small-fine-3-2-second", "small-fine-3-2-first", steps=30_000, scale=_THREE_HALVES
        ),
        _judged_on("small-fine-3-2", "small-fine-3-2-second", steps=6_000, scale=_THREE_HALVES),
        _from_body("nano-fine-3-2", "nano-web", steps=16_000),
        _from_body("large-fine-3-2", "large-web", steps=10_000, prelu=True),
        _in_whole_numbers("small-fine"),
        _in_whole_numbers("small-fine-3-2", scale=_THREE_HALVES),
        _reducer("reducer-fine", "small-fine"),
    ]


def _teacher(kind: str, flags: tuple[str, ...]) -> PlannedTraining:
    return PlannedTraining(
        name=f"residual-{kind}", module="teacher.train", flags=(*flags, *_ONE_THREAD)
    )


def _student(
    name: str, kind: str, flags: tuple[str, ...], *, needs: str | None = None, needs_flag: str = ""
) -> PlannedTraining:
    return PlannedTraining(
        name=f"{name}-{kind}",
        module="distill.run",
        flags=("--student", name, *flags, *_ONE_THREAD),
        needs=needs,
        needs_flag=needs_flag,
    )


def _adam_on(
    name: str, start: str, *, steps: int, rate: float = _ADAM_RATES[0], body: int | None = None
) -> PlannedTraining:
    flags = (*_body(body), *_adam((rate, *_ADAM_RATES[1:])), *_SHORTER_FIRST_STAGE)
    return _continued(name, start, flags, steps=steps)


def _soap_on(name: str, start: str, *, steps: int, body: int | None = None) -> PlannedTraining:
    flags = (*_body(body), "--optimizer", "soap", *_rates(_SOAP_RATES), *_SHORTER_FIRST_STAGE)
    return _continued(name, start, flags, steps=steps)


def _prelu_on(
    name: str, start: str, *, steps: int, colour: Colour | None = None, scale: Fraction = HALF
) -> PlannedTraining:
    """The best training from finished weights: most steps at high rates, large batches last."""
    flags = ("--activation", "prelu", *(("--colour", colour) if colour else ()), *_MOSTLY_FIRST)
    return _continued(name, start, flags, steps=steps, scale=scale)


def _judged_on(name: str, start: str, *, steps: int, scale: Fraction = HALF) -> PlannedTraining:
    """Train a finished student for both judges, on photos as they are published."""
    return PlannedTraining(
        name=name,
        module="distill.run",
        flags=(*_JUDGED, "--steps", str(steps), "--warmup-steps", "100", *_ONE_THREAD),
        needs=start,
        needs_flag="--start-from",
        scale=scale,
        published=True,
    )


def _from_body(name: str, body: str, *, steps: int, prelu: bool = False) -> PlannedTraining:
    """Train a student of 3/2 from the body of one that doubles, as if from finished weights."""
    scale = ("--scale", "3/2")
    flags = (*scale, *(("--activation", "prelu") if prelu else ()), *_MOSTLY_FIRST)
    planned = _continued(name, body, flags, steps=steps, scale=_THREE_HALVES)
    return replace(planned, needs_flag="--body-from")


def _in_whole_numbers(start: str, *, scale: Fraction = HALF) -> PlannedTraining:
    """Round a finished student, as the command does it by itself."""
    return PlannedTraining(
        name=f"{start}-integer",
        module="distill.run",
        flags=("--arithmetic", "integer", *_ONE_THREAD),
        needs=start,
        needs_flag="--start-from",
        scale=scale,
        published=True,
    )


def _reducer(name: str, student: str) -> PlannedTraining:
    """Train what reduces photos for a finished student, as the command does it by itself."""
    return PlannedTraining(
        name=name,
        module="distill.reducing",
        flags=_ONE_THREAD,
        needs=student,
        needs_flag="--student",
        published=True,
    )


def _continued(
    name: str, start: str, flags: tuple[str, ...], *, steps: int, scale: Fraction = HALF
) -> PlannedTraining:
    """Train in three stages from finished weights; the defaults of tuning are too cautious."""
    common = (
        *("--steps", str(steps), "--warmup-steps", "300"),
        *("--stage2.truth", "1", "--stage2.teacher", "0"),
        *_ONE_THREAD,
    )
    return PlannedTraining(
        name=name,
        module="distill.run",
        flags=(*flags, *common),
        needs=start,
        needs_flag="--start-from",
        scale=scale,
    )


def _body(body: int | None) -> tuple[str, ...]:
    return () if body is None else ("--body", str(body))


def _adam(rates: Sequence[float]) -> tuple[str, ...]:
    return ("--optimizer", "adam", *_rates(rates))


def _rates(rates: Sequence[float]) -> tuple[str, ...]:
    numbered = enumerate(rates, start=1)
    return tuple(
        word for stage, rate in numbered for word in (f"--stage{stage}.learning-rate", f"{rate}")
    )


_SHORTER_FIRST_STAGE = (
    *("--stage1.share", "0.7", "--stage2.share", "0.2", "--stage3.share", "0.1"),
    *("--stage2.batch", "4", "--stage2.crop-px", "96"),
    *("--stage3.batch", "4", "--stage3.crop-px", "96"),
)
_MOSTLY_FIRST = (
    *("--optimizer", "soap", *_rates(_PRELU_RATES)),
    *("--stage1.share", "0.9", "--stage2.share", "0.05", "--stage3.share", "0.05"),
    *("--stage2.batch", "16", "--stage2.crop-px", "64"),
    *("--stage3.batch", "16", "--stage3.crop-px", "64"),
)
_JUDGED = (
    *("--activation", "prelu", "--optimizer", "soap"),
    *("--stage1.share", "1", "--stage2.share", "0", "--stage3.share", "0"),
    *("--stage1.learning-rate", "0.001", "--stage1.batch", "8", "--stage1.crop-px", "64"),
    *("--stage1.ssimulacra2", "0.01", "--stage1.colorvideovdp", "0.003"),
)
_MEDIUM_BODY = SIZES["medium"].body
_SHORT = ("--steps", "12000", "--warmup-steps", "500")
