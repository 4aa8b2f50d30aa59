"""The name of the running command, as its user called it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_called_as: ContextVar[str | None] = ContextVar("called_as", default=None)


@contextmanager
def called_as(program: str) -> Iterator[None]:
    """Name commands in the block by what the user typed, instead of `python -m MODULE`."""
    token = _called_as.set(program)
    try:
        yield
    finally:
        _called_as.reset(token)


def program_name() -> str:
    """Name the command as the user called it."""
    name = _called_as.get()
    if name is not None:
        return name
    spec = sys.modules["__main__"].__spec__
    module = spec.name if spec else Path(sys.argv[0]).name
    return f"python -m {module.removesuffix('.__main__')}"
