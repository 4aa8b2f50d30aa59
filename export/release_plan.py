"""What is released, and the commands that train it: for one GPU, and for what a CPU affords."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from distill.students import SIZES

Budget = Literal["gpu", "cpu", "rehearsal"]

_CLEAN, _WEB = "clean", "web"
_KINDS = (_CLEAN, _WEB)
_FIRST = "first"
# One CPU core is enough for what follows the first trainings, and used where there is a GPU too:
# a student's step is the same there.
_ONE_CORE = ("--threads", "1", "--precision", "bf16")


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


def plan(budget: Budget) -> list[Training]:
    """List the trainings of a budget, in an order in which each finds what it needs."""
    return {"gpu": _gpu, "cpu": _cpu, "rehearsal": _rehearsal}[budget]()


def _gpu() -> list[Training]:
    """Teachers of EDSR-baseline's shape, and students: what the repository's weights come from.

    Ten minutes of an H200 where all that it is for runs at once, and three hours of one CPU core.
    """
    teacher = (
        *("--blocks", "16", "--channels", "64", "--colour", "luma"),
        *("--batch", "16", "--crop-px", "64", "--learning-rate", "5e-4", "--warmup-steps", "500"),
        *("--polish-share", "0.1", "--polish-crop-px", "128"),
    )
    teachers = [
        Training(
            name=f"residual-{kind}",
            module="teacher.train",
            flags=(*teacher, "--steps", steps, "--threads", "1"),
        )
        for kind, steps in ((_CLEAN, "20000"), (_WEB, "18000"))
    ]
    long = (
        *("--warmup-steps", "500", "--stage1.batch", "32", "--stage1.crop-px", "64"),
        *("--stage2.batch", "8", "--stage2.crop-px", "128"),
        *("--stage2.truth", "1", "--stage2.teacher", "0"),
        *("--stage3.batch", "8", "--stage3.crop-px", "128", "--threads", "1"),
    )
    first = {"small": ("--steps", "52000", *long), "large": ("--steps", "54000", *long)}
    return [*teachers, *_students(first)]


def _cpu() -> list[Training]:
    """Some six hours of one CPU core: a smaller teacher, and shorter first trainings."""
    teacher = ("--blocks", "8", "--channels", "32", "--colour", "luma", "--batch", "8")
    teachers = [
        Training(
            name=f"residual-{kind}",
            module="teacher.train",
            flags=(*teacher, "--steps", steps, "--warmup-steps", "300", *_ONE_CORE),
        )
        for kind, steps in ((_CLEAN, "12000"), (_WEB, "6000"))
    ]
    return [*teachers, *_students({})]


def _students(first: dict[str, tuple[str, ...]]) -> list[Training]:
    """List the students: fresh, again from what that gave, and from there for compressed input.

    Args:
        first: Flags of the first trainings, by student, where they are not those of one CPU core.
    """
    short = ("--steps", "12000", "--warmup-steps", "500", *_ONE_CORE)
    again = {"nano": 20_000, "small": 15_000, "medium": 10_000, "large": 6_000}
    compressed = {"nano": 12_000, "small": 30_000, "medium": 8_000, "large": 6_000}
    listed = [_student(name, f"{_CLEAN}-{_FIRST}", first.get(name, short)) for name in SIZES]
    listed += [
        _going_on(f"{name}-{_CLEAN}", f"{name}-{_CLEAN}-{_FIRST}", again[name]) for name in SIZES
    ]
    listed += [_going_on(f"{name}-{_WEB}", f"{name}-{_CLEAN}", compressed[name]) for name in SIZES]
    rgb = ("--colour", "rgb", "--steps", "8000", "--warmup-steps", "500", *_ONE_CORE)
    return [
        *listed,
        Training(
            name="medium-rgb-web",
            module="distill.run",
            flags=("--student", "medium", *rgb),
        ),
        _going_on("small-fine", f"small-{_CLEAN}", 6_000),
    ]


def _rehearsal() -> list[Training]:
    """A few steps, to see that everything is in place before hours are spent."""
    few = ("--steps", "4", "--threads", "1")
    return [
        Training(
            name="residual-clean",
            module="teacher.train",
            flags=("--blocks", "1", "--channels", "4", "--batch", "2", *few),
        ),
        _student("nano", _CLEAN, few, heard="residual-clean", heard_as="--teacher"),
        Training(
            name="nano-web",
            module="distill.run",
            flags=few,
            heard="nano-clean",
            heard_as="--start-from",
        ),
    ]


def _student(
    name: str, kind: str, flags: tuple[str, ...], *, heard: str | None = None, heard_as: str = ""
) -> Training:
    return Training(
        name=f"{name}-{kind}",
        module="distill.run",
        flags=("--student", name, *flags),
        heard=heard,
        heard_as=heard_as,
    )


def _going_on(name: str, start: str, steps: int) -> Training:
    """Train in three stages from finished weights, where tuning's own defaults are too cautious."""
    flags = (
        *("--steps", str(steps), "--warmup-steps", "300"),
        *("--stage1.share", "0.7", "--stage1.learning-rate", "1e-3"),
        *("--stage2.share", "0.2", "--stage2.batch", "4", "--stage2.crop-px", "96"),
        *("--stage2.truth", "1", "--stage2.teacher", "0"),
        *("--stage3.share", "0.1", "--stage3.batch", "4", "--stage3.crop-px", "96"),
        *_ONE_CORE,
    )
    return Training(
        name=name, module="distill.run", flags=flags, heard=start, heard_as="--start-from"
    )
