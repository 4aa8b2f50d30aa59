"""Publishing as a function: see `halfsize.publish`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from export.publish.config import PublishConfig, rivals
from export.publish.publication import Publication
from export.publish.settings.merge import read_file, with_tables
from export.publish.site import MANIFEST


def publish_all(
    photos: str | Path | Sequence[str | Path],
    out: str | Path,
    model: str | Path | Sequence[str | Path] | None,
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """Publish photos and return the manifest."""
    said = {"photos": _paths(photos), "out": Path(out), **settings}
    if model is not None:
        said["model"] = _paths(model)
    config = _with_file(said) if said.get("settings") else PublishConfig(**said)
    with Publication.planned(config) as publication:
        publication.run()
        publication.write()
    publication.require_all()
    return json.loads((config.out / MANIFEST).read_text(encoding="utf-8"))


def _with_file(said: dict[str, Any]) -> PublishConfig:
    """Read the settings file; what the caller says wins."""
    said["settings"] = Path(said["settings"])
    over = {*said} | rivals(said)
    file = read_file(said["settings"]).values
    values = {name: value for name, value in file.items() if name not in over}
    return with_tables(PublishConfig(**{**values, **said}), said)


def _paths(named: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    return (Path(named),) if isinstance(named, str | Path) else tuple(map(Path, named))
