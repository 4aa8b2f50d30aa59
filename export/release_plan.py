"""What is released, and the commands that train it: for one GPU, and for what a CPU affords."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from distill.students import SIZES

Budget = Literal["gpu", "cpu", "rehearsal"]

_CLEAN, _WEB = "clean", "web"
_COMPRESSED = "compressed"
_FIRST = "first"
# Students are small: two threads hardly help, and with another process busy they hinder.
_ONE_THREAD = ("--threads", "1")


@dataclass(frozen=True, kw_only=True)
class Training:
    """One network to release."""

    name: str
    """NETWORK-KIND, also the folder of its run and of its released weights; NETWORK-KIND-first
    where it is only what another one goes on from."""
    module: str
    """The command that trains it."""
    flags: tuple[str, ...]
    """What decides the result, beside photos and run."""
    heard: str | None = None
    """The training that must come first: of the network that it starts from or that teaches it."""
    heard_as: str = ""
    """The flag by which that one is named."""

    @property
    def kind(self) -> str:
        """`clean`, for reduced photos as they are; `web` or `fine`, for compressed ones."""
        return self.name.removesuffix(f"-{_FIRST}").rpartition("-")[2]

    @property
    def store(self) -> str:
        """Name of the store that it is trained on, as `preparation` takes it."""
        return _CLEAN if self.kind == _CLEAN else _COMPRESSED

    @property
    def is_released(self) -> bool:
        """Whether its weights are, or only those of a training that goes on from them."""
        return not self.name.endswith(f"-{_FIRST}")

    @property
    def is_teacher(self) -> bool:
        """Whether it is a teacher."""
        return self.module == "teacher.train"

    def arguments(self, *, store: Path, runs: Path) -> list[str]:
        """Write the flags of the command down."""
        first = [] if self.heard is None else [self.heard_as, str(runs / self.heard)]
        return [
            *("--store", str(store), "--run", str(runs / self.name), "--degradation", self.kind),
            *first,
            *self.flags,
        ]


def preparation(store: str, budget: Budget) -> tuple[str, ...]:
    """Write down how `teacher.prepare` makes a store.

    Reduced photos serve clean input, photos as they are compressed input (docs/decisions/0022).
    """
    if store == _CLEAN:
        return ("--variants", "0")
    return ("--variants", "1" if budget == "rehearsal" else "8", "--short-sides")


def plan(budget: Budget) -> list[Training]:
    """List the trainings of a budget, in an order in which each finds what it needs."""
    return {"gpu": _gpu, "cpu": _cpu, "rehearsal": _rehearsal}[budget]()


def _gpu() -> list[Training]:
    """What the repository's weights come from.

    Teachers of EDSR-baseline's shape, `large` and the first training of `small` took ten minutes of
    an H200, all at once; the rest took some hours of one CPU core. (`small-fine` is of a release
    before, whose compressed photos were other ones; `small` and `large` for clean input were
    trained on photos as they are. `nano-clean` was trained for 4,000 steps more in between.)
    """
    teacher = (
        *("--blocks", "16", "--channels", "64", "--colour", "luma"),
        *("--batch", "16", "--crop-px", "64", "--learning-rate", "5e-4", "--warmup-steps", "500"),
        *("--polish-share", "0.1", "--polish-crop-px", "128"),
    )
    long = (
        *("--warmup-steps", "500", "--stage1.batch", "32", "--stage1.crop-px", "64"),
        *("--stage2.batch", "8", "--stage2.crop-px", "128"),
        *("--stage2.truth", "1", "--stage2.teacher", "0"),
        *("--stage3.batch", "8", "--stage3.crop-px", "128"),
    )
    return [
        _teacher(_CLEAN, (*teacher, "--steps", "20000")),
        _teacher(_WEB, (*teacher, "--steps", "18000")),
        _first("small", _CLEAN, ("--steps", "52000", *long)),
        _student("large", _CLEAN, ("--steps", "54000", *long)),
        _student("large", _WEB, ("--steps", "47000", *long)),
        _first("nano", _CLEAN, _SHORT),
        _going_on("nano-web-first", "nano-clean-first", steps=6_000, rate=1e-3),
        _going_on("nano-clean", "nano-clean-first", steps=30_000, rate=1e-3),
        _going_on("nano-web", "nano-web-first", steps=28_000, rate=1e-3),
        _going_on("small-clean", "small-clean-first", steps=3_000, rate=5e-4),
        _going_on("small-web", "small-clean", steps=18_000, rate=1e-3),
        _going_on("medium-clean", "small-clean", steps=20_000, rate=1e-3, body=_MEDIUM_BODY),
        _going_on("medium-web", "small-web", steps=20_000, rate=1e-3, body=_MEDIUM_BODY),
        _MEDIUM_RGB,
        _going_on("small-fine", "small-clean", steps=3_000, rate=1e-3),
    ]


def _cpu() -> list[Training]:
    """Many hours of one CPU core: a smaller teacher, and shorter trainings."""
    teacher = (
        *("--blocks", "8", "--channels", "32", "--colour", "luma", "--batch", "8"),
        *("--warmup-steps", "300"),
    )
    return [
        _teacher(_CLEAN, (*teacher, "--steps", "12000")),
        _teacher(_WEB, (*teacher, "--steps", "6000")),
        *(_student(name, _CLEAN, _SHORT) for name in SIZES if name != "medium"),
        _going_on("medium-clean", "small-clean", steps=12_000, rate=1e-3, body=_MEDIUM_BODY),
        *(_going_on(f"{name}-web", f"{name}-clean", steps=8_000, rate=1e-3) for name in SIZES),
        _MEDIUM_RGB,
        _going_on("small-fine", "small-clean", steps=6_000, rate=1e-3),
    ]


def _rehearsal() -> list[Training]:
    """A few steps, to see that everything is in place before hours are spent."""
    few = ("--steps", "4")
    return [
        _teacher(_CLEAN, ("--blocks", "1", "--channels", "4", "--batch", "2", *few)),
        _student("nano", _CLEAN, few, heard="residual-clean", heard_as="--teacher"),
        Training(
            name="nano-web",
            module="distill.run",
            flags=(*few, *_ONE_THREAD),
            heard="nano-clean",
            heard_as="--start-from",
        ),
    ]


def _teacher(kind: str, flags: tuple[str, ...]) -> Training:
    return Training(name=f"residual-{kind}", module="teacher.train", flags=(*flags, *_ONE_THREAD))


def _student(
    name: str, kind: str, flags: tuple[str, ...], *, heard: str | None = None, heard_as: str = ""
) -> Training:
    return Training(
        name=f"{name}-{kind}",
        module="distill.run",
        flags=("--student", name, *flags, *_ONE_THREAD),
        heard=heard,
        heard_as=heard_as,
    )


def _first(name: str, kind: str, flags: tuple[str, ...]) -> Training:
    return _student(name, f"{kind}-{_FIRST}", flags)


def _going_on(
    name: str, start: str, *, steps: int, rate: float, body: int | None = None
) -> Training:
    """Train in three stages from finished weights, where tuning's own defaults are too cautious.

    A `body` of more convolutions starts where the shorter one stands.
    """
    flags = (
        *(() if body is None else ("--body", str(body))),
        *("--steps", str(steps), "--warmup-steps", "300"),
        *("--stage1.share", "0.7", "--stage1.learning-rate", str(rate)),
        *("--stage2.share", "0.2", "--stage2.batch", "4", "--stage2.crop-px", "96"),
        *("--stage2.truth", "1", "--stage2.teacher", "0"),
        *("--stage3.share", "0.1", "--stage3.batch", "4", "--stage3.crop-px", "96"),
        *_ONE_THREAD,
    )
    return Training(
        name=name, module="distill.run", flags=flags, heard=start, heard_as="--start-from"
    )


_MEDIUM_BODY = SIZES["medium"].body
_SHORT = ("--steps", "12000", "--warmup-steps", "500")
_MEDIUM_RGB = Training(
    name="medium-rgb-web",
    module="distill.run",
    flags=(
        *("--student", "medium", "--colour", "rgb", "--steps", "6000", "--warmup-steps", "500"),
        *("--stage1.batch", "8", *_ONE_THREAD),
    ),
)
