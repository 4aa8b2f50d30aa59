"""What is released, and the commands that train it: for one GPU, and for what a CPU affords."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from distill.students import SIZES

Budget = Literal["gpu", "cpu", "rehearsal"]

_CLEAN, _WEB = "clean", "web"
_KINDS = (_CLEAN, _WEB)


@dataclass(frozen=True, kw_only=True)
class Training:
    """One network to release."""

    name: str
    """NETWORK-KIND, which is also the folder of its run and of its released weights."""
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
        return self.name.rpartition("-")[2]

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
    """About an hour of one current GPU: teachers first, students beside them."""
    teacher = (
        *("--blocks", "16", "--channels", "64", "--steps", "40000", "--batch", "64"),
        *("--crop-px", "64", "--learning-rate", "5e-4", "--warmup-steps", "500"),
    )
    student = (
        *("--steps", "60000", "--warmup-steps", "500"),
        *("--stage1.batch", "32", "--stage1.crop-px", "64"),
        *("--stage2.batch", "16", "--stage2.crop-px", "128"),
        *("--stage3.batch", "16", "--stage3.crop-px", "128"),
    )
    teachers = [
        Training(name=f"residual-{kind}", module="teacher.train", flags=teacher) for kind in _KINDS
    ]
    students = [
        _student(name, kind, student, heard=f"residual-{kind}", heard_as="--teacher")
        for kind in _KINDS
        for name in SIZES
    ]
    rgb = Training(
        name="medium-rgb-web",
        module="distill.run",
        flags=("--student", "medium", "--colour", "rgb", *student),
        heard="residual-web",
        heard_as="--teacher",
    )
    fine = _student("small", "fine", student)
    return [*teachers, *students, rgb, fine]


def _cpu() -> list[Training]:
    """A few hours of one CPU core. Students for compressed input start from the clean ones."""
    one_core = ("--threads", "1", "--precision", "bf16")
    teacher = ("--blocks", "8", "--channels", "32", "--colour", "luma", "--batch", "8")
    clean = ("--steps", "12000", "--warmup-steps", "500", *one_core)
    return [
        *(
            Training(
                name=f"residual-{kind}",
                module="teacher.train",
                flags=(*teacher, "--steps", steps, "--warmup-steps", "300", *one_core),
            )
            for kind, steps in ((_CLEAN, "12000"), (_WEB, "6000"))
        ),
        *(_student(name, _CLEAN, clean) for name in SIZES),
        *(
            Training(
                name=f"{name}-{_WEB}",
                module="distill.run",
                flags=(*_retrained(6000 if name in ("medium", "large") else 8000), *one_core),
                heard=f"{name}-{_CLEAN}",
                heard_as="--start-from",
            )
            for name in SIZES
        ),
        Training(
            name="medium-rgb-web",
            module="distill.run",
            flags=(
                *("--student", "medium", "--colour", "rgb"),
                *("--steps", "8000", "--warmup-steps", "500", *one_core),
            ),
        ),
        Training(
            name="small-fine",
            module="distill.run",
            flags=(*_retrained(6000), *one_core),
            heard=f"small-{_CLEAN}",
            heard_as="--start-from",
        ),
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


def _retrained(steps: int) -> tuple[str, ...]:
    """Three stages from finished weights, where tuning's own defaults are too cautious."""
    return (
        *("--steps", str(steps), "--warmup-steps", "300"),
        *("--stage1.share", "0.7", "--stage1.learning-rate", "1e-3"),
        *("--stage2.share", "0.2", "--stage2.batch", "4", "--stage2.crop-px", "96"),
        *("--stage2.truth", "1", "--stage2.teacher", "0"),
        *("--stage3.share", "0.1", "--stage3.batch", "4", "--stage3.crop-px", "96"),
    )
