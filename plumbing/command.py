"""How every command starts, fails and stops."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from functools import partial
from itertools import zip_longest
from typing import Any, NoReturn, TextIO, TypeVar

import tyro

from plumbing.extras import explained
from plumbing.help_texts import explain_flags
from plumbing.program import program_name
from plumbing.siblings import foreign_package

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
_INTERRUPTED = "interrupted; no half-written files were left behind"
_KEPT = "interrupted; finished work is kept: the same command does the rest"


class UserError(Exception):
    """A problem that the user can fix.

    Its message is one plain sentence: it names the file or flag, what is wrong, and what would be
    right.
    """


class UsageError(UserError):
    """The command line is wrong; nothing was done."""


def run_command(
    config_class: type[Config],
    main: Callable[[Config], None],
    *,
    default: Config | None = None,
    words: Callable[[Sequence[str]], Sequence[str]] = tuple,
) -> None:
    """Parse the command line, run `main`, and print failures as one sentence.

    `--help` opens with the docstring of the module that Python runs: for a package, that of its
    `__main__.py`.

    Args:
        config_class: A dataclass; its attribute docstrings become the text of `--help`. A
            `ValueError` from its `__post_init__` is a usage error.
        main: The command. It raises `UserError` for a user's mistake.
        default: Values instead of the dataclass's defaults; `tyro.MISSING` for required ones.
        words: Returns the words to parse for those of the command line; may raise `UserError`.

    Raises:
        SystemExit: Status 0 on success, 1 on failure, 2 on wrong usage, 130 after Ctrl-C.
            Bugs are not caught: they keep their traceback.
    """
    explain_flags(config_class)
    module = sys.modules["__main__"]
    parse = partial(tyro.cli, config_class, prog=program_name(), description=module.__doc__)
    with plain_failures():
        require_own_packages()
        try:
            said = gathered(words(sys.argv[1:]), config_class)
            config = parse(args=said) if default is None else parse(args=said, default=default)
        except ValueError as error:  # raised by a nested dataclass: tyro does not catch those
            raise UsageError(str(error)) from error
        main(config)


def require_own_packages() -> None:
    """Require Python to find halfsize's packages, and no other project's of the same names.

    Raises:
        UserError: It does not.
    """
    problem = foreign_package()
    if problem:
        raise UserError(problem)


def gathered(arguments: Sequence[str], config_class: type[Any]) -> list[str]:
    """Gather the values of a flag that is given several times and takes several values.

    `--model A --model B` is `--model A B`. Alone, the parser would drop A without a word.

    Args:
        arguments: Words of a command line.
        config_class: The dataclass that they are parsed into.
    """
    several = {
        f"--{field.name.replace('_', '-')}"
        for field in fields(config_class)
        if "tuple[" in str(field.type) and "UseAppendAction" not in str(field.type)
    }
    current: list[str] = []
    groups, known = [current], dict[str, list[str]]()
    for argument in arguments:
        name, equals, value = argument.partition("=")
        flag = name.replace("_", "-")
        if not argument.startswith("--"):
            current.append(argument)
        elif flag not in several:
            current = [argument]
            groups.append(current)
        else:
            if flag not in known:
                known[flag] = [flag]
                groups.append(known[flag])
            current = known[flag]
            current += [value] if equals else []
    return [word for group in groups for word in group]


def flag_value(arguments: Sequence[str], flag: str) -> str | None:
    """Find the value of a flag before parsing, to choose the defaults of others.

    Args:
        arguments: Words of a command line.
        flag: As in `--flag value` or `--flag=value`; the last one counts.
    """
    value = None
    for argument, following in zip_longest(arguments, arguments[1:]):
        name, equals, text = argument.partition("=")
        if name.replace("_", "-") == flag:
            value = text if equals else following
    return value


@contextmanager
def continuing(how: Callable[[], str] = lambda: _KEPT) -> Iterator[None]:
    """After Ctrl-C in the block, say how far it came and how to continue.

    Of nested blocks the outermost decides: it knows what the whole command keeps.

    Args:
        how: Returns that sentence, when it is needed.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(how()) from None


@contextmanager
def plain_failures() -> Iterator[None]:
    """Turn the block's failures into one sentence and an exit status.

    A reader of the output who goes away (`| head`) is not an error: nothing is printed about it.

    Raises:
        SystemExit: Status 1 on failure, 2 on wrong usage, 130 after Ctrl-C; 1 if the block had more
            to print than was read. Bugs are not caught: they keep their traceback.
    """
    _print_any_name()
    try:
        yield
    except UsageError as error:
        _stop(str(error), EXIT_USAGE)
    except UserError as error:
        _stop(str(error), EXIT_FAILURE)
    except ModuleNotFoundError as error:
        sentence = explained(error)
        if sentence is None:
            raise
        _stop(sentence, EXIT_FAILURE)
    except KeyboardInterrupt as stop:
        _stop(str(stop) or _INTERRUPTED, EXIT_INTERRUPTED)
    except BrokenPipeError:
        raise SystemExit(EXIT_FAILURE) from None
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        file = f"{error.filename}: " if error.filename else ""
        _stop(f"{file}cannot write: {os.strerror(error.errno).lower()}", EXIT_FAILURE)
    finally:
        _discard_unread()


def _open_streams() -> list[TextIO]:
    """List standard output and error; either is missing where a program has no console."""
    return [stream for stream in (sys.stdout, sys.stderr) if stream and not stream.closed]


def _print_any_name() -> None:
    """Escape what the output's encoding lacks: a file may have any name."""
    for stream in _open_streams():
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _discard_unread() -> None:
    """Flush the output, or write it to nowhere if its reader has closed the pipe.

    At exit, Python would flush it too, and complain.

    Raises:
        SystemExit: Status 1 if results were lost for another reason, such as a full disk.
    """
    ending = sys.exception()
    for stream in _open_streams():
        try:
            stream.flush()
        except OSError as error:
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if ending is None and not isinstance(error, BrokenPipeError):
                _stop(f"the output cannot be written: {error.strerror}", EXIT_FAILURE)


def _stop(sentence: str, status: int) -> NoReturn:
    with suppress(BrokenPipeError):
        print(f"error: {sentence}", file=sys.stderr)
    raise SystemExit(status) from None
