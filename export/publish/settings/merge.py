"""The settings file and the command line, which wins, as one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

from export.publish.config import PublishConfig, rivals
from export.publish.settings.file import SettingsFile, Table, read_settings
from export.publish.settings.values import words_of
from plumbing.command import UserError, flag_value

_NOT_IN_FILES = {"photos", "settings", "tables"}
_OF_A_SITE = {
    *("out", "model", "base_url", "photos_per_visit"),
    *("jobs", "ray", "strict", "dry_run", "json"),
}


def read_file(path: Path) -> SettingsFile:
    """Read a settings file of `PublishConfig`.

    Raises:
        UserError: It cannot be read, or a key or value is wrong. The message names both.
    """
    hints = get_type_hints(PublishConfig, include_extras=True)
    site = {name: hint for name, hint in hints.items() if name not in _NOT_IN_FILES}
    photo = {name: hint for name, hint in site.items() if name not in _OF_A_SITE}
    return read_settings(path, site=site, photo={**photo, "first": bool}, check=_check)


def words_with_file(words: Sequence[str]) -> list[str]:
    """Put what a settings file says before the words of a command line, if they name one.

    Raises:
        UserError: The file cannot be used.
    """
    named = flag_value(words, "--settings")
    if named is None:
        return [*words]
    said = fields_of(words)
    over = said | rivals(said)
    values = {name: one for name, one in read_file(Path(named)).values.items() if name not in over}
    before = []
    for name, value in values.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            before.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            before += [f"--{flag}", *words_of(value)]
    return [*before, "--settings", named, *words]  # `--settings` ends the last list of values


def fields_of(words: Sequence[str]) -> set[str]:
    """List the fields that a command line sets."""
    flags = [word[2:].partition("=")[0] for word in words if word.startswith("--")]
    return {flag.replace("-", "_").removeprefix("no_") for flag in flags}


def with_tables(config: PublishConfig, said: Collection[str]) -> PublishConfig:
    """Add what the settings file wants of some photos.

    Args:
        config: The settings for all photos.
        said: The fields that the command line, or the caller, has set: these win.

    Raises:
        UserError: The file cannot be used.
    """
    if config.settings is None:
        return config
    over = {*said} | rivals(said)
    tables = []
    for table in read_file(config.settings).tables:
        values = {name: value for name, value in table.values.items() if name not in over}
        _require_possible(config, table, values)
        tables.append(replace(table, values=values))
    return replace(config, tables=tuple(tables))


def _require_possible(config: PublishConfig, table: Table, values: Mapping[str, Any]) -> None:
    try:
        config.with_values({name: one for name, one in values.items() if name != "first"})
    except ValueError as error:
        raise UserError(f"{table.source}: {error}") from error


def _check(name: str, value: Any) -> None:  # noqa: ANN401
    """Raise ValueError if a field cannot have a value, whatever the others are."""
    if name == "first":
        return
    some: dict[str, Any] = {"photos": (Path(),), "out": Path(), "model": (Path(),)}
    beside = {"screen": "phone"} if name == "look" or (name, type(value)) == ("frugal", str) else {}
    PublishConfig(**{**some, **beside, name: value})
