"""How every command starts, fails and stops."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

import tyro

Config = TypeVar("Config")

EXIT_FAILURE = 1
EXIT_USAGE = 2
_DISK_ERRORS = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EISDIR,
)
EXIT_INTERRUPTED = 130  # what shells expect after Ctrl-C: 128 + SIGINT

_called_as: ContextVar[str | None] = ContextVar("called_as", default=None)


class UserError(Exception):
    """A problem that the user can fix.

    Its message is one plain sentence: it names the file or flag, what is wrong, and what would be
    right.
    """


class UsageError(UserError):
    """The command line is wrong; nothing was done."""


def run_command(
    config_class: type[Config], main: Callable[[Config], None], *, default: Config | None = None
) -> None:
    """Parse the command line, run `main`, and print failures as one sentence.

    `--help` opens with the docstring of the module that Python runs: for a package, that of its
    `__main__.py`.

    Args:
        config_class: A dataclass; its attribute docstrings become the text of `--help`. A
            `ValueError` from its `__post_init__` is a usage error.
        main: The command. It raises `UserError` for a user's mistake.
        default: Values instead of the dataclass's defaults; `tyro.MISSING` for required ones.

    Raises:
        SystemExit: Status 0 on success, 1 on failure, 2 on wrong usage, 130 after Ctrl-C.
            Bugs are not caught: they keep their traceback.
    """
    module = sys.modules["__main__"]
    parse = partial(tyro.cli, config_class, prog=_program(), description=module.__doc__)
    try:
        config = parse() if default is None else parse(default=default)
    except ValueError as error:  # raised by a nested dataclass: tyro does not catch those
        _stop(str(error), EXIT_USAGE)
    _print_any_name()
    with plain_failures():
        main(config)


def _print_any_name() -> None:
    """Let output hold file names that are not UTF-8, escaped, instead of failing on them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def called_as(program: str) -> Iterator[None]:
    """Name commands in the block by what the user typed, instead of `python -m MODULE`."""
    token = _called_as.set(program)
    try:
        yield
    finally:
        _called_as.reset(token)


@contextmanager
def plain_failures() -> Iterator[None]:
    """Turn the block's failures into one sentence and an exit status.

    Raises:
        SystemExit: Status 1 on failure, 2 on wrong usage, 130 after Ctrl-C. Bugs are not caught:
            they keep their traceback.
    """
    try:
        yield
    except UsageError as error:
        _stop(str(error), EXIT_USAGE)
    except UserError as error:
        _stop(str(error), EXIT_FAILURE)
    except KeyboardInterrupt:
        _stop("interrupted; no half-written files were left behind", EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output (`| head`) has closed it. Python would complain again when
        # it flushes at exit, so standard output now goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(EXIT_FAILURE) from None
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        file = f"{error.filename}: " if error.filename else ""
        _stop(f"{file}cannot write: {os.strerror(error.errno).lower()}", EXIT_FAILURE)


def _program() -> str:
    """Name the command as the user called it."""
    name = _called_as.get()
    if name is not None:
        return name
    spec = sys.modules["__main__"].__spec__
    module = spec.name if spec else Path(sys.argv[0]).name
    return f"python -m {module.removesuffix('.__main__')}"


def _stop(sentence: str, status: int) -> NoReturn:
    print(f"error: {sentence}", file=sys.stderr)
    raise SystemExit(status) from None
