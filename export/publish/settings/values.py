"""Values of a TOML file as those of a dataclass, by the types of its fields."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin


def value_of(value: object, hint: Any) -> Any:  # noqa: ANN401
    """Convert a value of a TOML file to a type.

    Args:
        value: A text, number or boolean, or an array of them; for an array of one, also that one.
        hint: Types and their unions, literals and tuples of any length; text `none` is None.

    Raises:
        ValueError: The value is none of these. The message says what would be right, as `must be a
            number`.
    """
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return value_of(value, parts[0])
    if origin is Literal:
        if value in parts and not isinstance(value, bool):
            return value
    elif origin in (Union, types.UnionType):
        for part in parts:
            try:
                return value_of(value, part)
            except ValueError:
                continue
    elif origin is tuple:
        values = value if isinstance(value, list) else [value]
        return tuple(value_of(one, parts[0]) for one in values)
    elif hint is type(None):
        if isinstance(value, str) and value.lower() == "none":
            return None
    elif hint is Path:
        if isinstance(value, str):
            return Path(value)
    elif hint is float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    raise ValueError(f"must be {described(hint)}, got {value!r}")


def words_of(value: object) -> list[str]:
    """Write a converted value as words of a command line."""
    if isinstance(value, tuple):
        return [word for one in value for word in words_of(one)]
    return [str(value)]


def described(hint: Any) -> str:  # noqa: ANN401
    """Name a type in words, as `a number or none`."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return described(parts[0])
    if origin is Literal:
        return " or ".join(map(repr, parts))
    if origin in (Union, types.UnionType):
        return " or ".join(map(described, parts))
    if origin is tuple:
        return f"a list of values, each {described(parts[0])}"
    return _NAMES[hint]


_NAMES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a path",
    type(None): "'none'",
}
