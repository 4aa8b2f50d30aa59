"""Publishing as a function: see `halfsize.publish`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from export.publish.config import PublishConfig
from export.publish.publication import Publication
from export.publish.site import MANIFEST


def publish_all(
    photos: str | Path | Sequence[str | Path],
    out: str | Path,
    model: str | Path | Sequence[str | Path],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """Publish photos and return the manifest."""
    config = PublishConfig(photos=_paths(photos), out=Path(out), model=_paths(model), **settings)
    with Publication.planned(config) as publication:
        publication.run()
        publication.write()
    publication.require_all()
    return json.loads((config.out / MANIFEST).read_text(encoding="utf-8"))


def _paths(named: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    return (Path(named),) if isinstance(named, str | Path) else tuple(map(Path, named))
