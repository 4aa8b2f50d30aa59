"""The settings file: flags of the command, and tables for some folders and photos.

For example:

quality = 60
widths = [480, 800, 1200]

[folder."news/*"]
quality = 50

[photo."hero.jpg"]
first = true
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from export.publish.settings.values import value_of
from plumbing.command import UserError

TABLES = ("folder", "photo")


def fits(name: str, pattern: str) -> bool:
    """Say whether a name is a pattern, or fits it: `*` is any text, `?` any letter."""
    return name == pattern or fnmatchcase(name, pattern)


@dataclass(frozen=True)
class Table:
    """What a settings file wants of some photos."""

    kind: Literal["folder", "photo"]
    """What the pattern names."""
    pattern: str
    """Their folder, or their names, with `*` and `?`."""
    values: Mapping[str, Any]
    """What is set, by field of `PublishConfig`."""
    source: str
    """Where it stands, for messages."""

    def names(self, photo: str) -> bool:
        """Say whether it is about a photo, by its name in the manifest."""
        if self.kind == "photo":
            return fits(photo, self.pattern)
        folders = [folder.as_posix() for folder in PurePosixPath(photo).parents]
        return any(fits(folder, self.pattern.rstrip("/")) for folder in folders)


@dataclass(frozen=True)
class SettingsFile:
    """A settings file, every value of the right type."""

    values: Mapping[str, Any]
    """What is set for all photos, by field of `PublishConfig`."""
    tables: tuple[Table, ...]
    """What is set for some: those for folders first, which those for photos outweigh."""


def read_settings(
    path: Path,
    *,
    site: Mapping[str, Any],
    photo: Mapping[str, Any],
    check: Callable[[str, Any], None],
) -> SettingsFile:
    """Read a settings file.

    Args:
        path: The file.
        site: Types of what can be set for all photos.
        photo: Types of what can be set for some.
        check: Raises `ValueError` for a field and a value that it cannot have.

    Raises:
        UserError: It cannot be read, or a key or value is wrong. The message names both.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"--settings {path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"--settings {path}: is no TOML file: {error}") from error
    places = {kind: content.pop(kind, {}) for kind in TABLES}
    values = _converted(content, site, check, str(path), TABLES)
    tables = []
    for kind in TABLES:
        if not isinstance(places[kind], dict):
            raise UserError(f'{path}: {kind} must be a table for a pattern, as [{kind}."news/*"]')
        for pattern, own in places[kind].items():
            where = f'{path}, [{kind}."{pattern}"]'
            if not isinstance(own, dict):
                raise UserError(f"{where} must be a table, got {own!r}")
            tables.append(Table(kind, pattern, _converted(own, photo, check, where), where))
    return SettingsFile(values, tuple(tables))


def _converted(
    values: Mapping[str, Any],
    hints: Mapping[str, Any],
    check: Callable[[str, Any], None],
    where: str,
    also: Collection[str] = (),
) -> dict[str, Any]:
    converted = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        if name not in hints:
            known = ", ".join(sorted(one.replace("_", "-") for one in (*hints, *also)))
            raise UserError(f"{where}: there is no setting {key}; there are {known}")
        try:
            converted[name] = value_of(value, hints[name])
            check(name, converted[name])
        except ValueError as error:
            said = str(error)
            named = "" if said.startswith(key.replace("_", "-")) else f"{key} "
            raise UserError(f"{where}: {named}{said}") from error
    return converted
