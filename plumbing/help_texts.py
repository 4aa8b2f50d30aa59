"""The explanations of flags in `--help`, without the line breaks of the source."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from types import MappingProxyType
from typing import get_type_hints


def explain_flags(config_class: type) -> None:
    """Put the attribute docstrings of a dataclass where tyro finds each as one paragraph.

    tyro reads them by itself, but takes every indented line of them for a line of its own. What is
    under `help` in the metadata of a field comes first.

    Args:
        config_class: A dataclass; dataclasses in its fields are treated alike.
    """
    explanations = {
        name: text for base in reversed(config_class.__mro__) for name, text in _docstrings(base)
    }
    hints = get_type_hints(config_class)
    for field in dataclasses.fields(config_class):
        if dataclasses.is_dataclass(kind := hints[field.name]) and isinstance(kind, type):
            explain_flags(kind)
        elif text := explanations.get(field.name):
            help_ = " ".join(text.split())
            field.metadata = MappingProxyType({"help": help_, **field.metadata})


def _docstrings(class_: type) -> Iterator[tuple[str, str]]:
    """Find the names of attributes that have a docstring, with it."""
    if not dataclasses.is_dataclass(class_):
        return
    try:
        source = inspect.getsource(class_)
    except (OSError, TypeError):  # the code has no file: tyro finds nothing either
        return
    (definition,) = ast.parse(textwrap.dedent(source)).body
    assert isinstance(definition, ast.ClassDef)
    for attribute, following in pairwise(definition.body):
        match attribute, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(ast.Constant(str(text))):
                yield name, text
