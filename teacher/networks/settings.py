"""The config of a network as JSON has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from pixels.scale import parse_scale, scale_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

AnyConfig = TypeVar("AnyConfig", bound="DataclassInstance")


def config_of(kind: type[AnyConfig], network: str, settings: Mapping[str, Any]) -> AnyConfig:
    """Build the config of a network.

    Args:
        kind: Its class.
        network: Name of the network, for errors.
        settings: Its fields, as read from JSON.

    Raises:
        ValueError: A setting is unknown or out of range.
    """
    try:
        # JSON has lists where a config has tuples.
        fields: dict[str, Any] = {
            field: tuple(value) if isinstance(value, list) else value
            for field, value in dict(settings).items()
        }
        if "scale" in fields:
            fields["scale"] = parse_scale(fields["scale"])
        return kind(**fields)
    except TypeError as error:  # an unknown field, or text where a number belongs
        raise ValueError(f"unknown settings for network {network!r}: {error}") from error


def settings_of(config: DataclassInstance) -> dict[str, Any]:
    """Write the fields of a network's config as JSON has them: what `config_of` takes."""
    settings = asdict(config)
    return settings | {"scale": scale_json(settings["scale"])}
