"""The manifest, held to the golden one that the npm package's plug-ins read in their tests."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from export.publish.manifest import Manifest
from tests.golden.make_manifest import FILE, manifest


def test_it_is_the_golden_one() -> None:
    assert json.loads(manifest().content) == json.loads(FILE.read_text(encoding="utf-8"))


def test_what_a_photo_wants_that_others_do_not_is_said() -> None:
    made = manifest()
    one, other = made.photos
    assert "settings" not in made.as_json()["photos"]["harbour.jpg"]
    settings = replace(made.settings, target=30.0, widths=("own",))
    photo = replace(one.photo, wanted=replace(one.photo.wanted, settings=settings))
    entry = replace(made, photos=[replace(one, photo=photo), other]).as_json()["photos"]
    assert entry["harbour.jpg"]["settings"] == {"target": 30.0, "widths": ("own",)}
    assert "settings" not in entry["trip/hero & 1.jpg"]


def test_no_script_is_named_where_no_photo_is_reduced() -> None:
    made = manifest()
    assert made.script == "/media/halfsize/half-size.js"
    alone: Manifest = replace(made, photos=made.photos[1:])
    values: dict[str, Any] = alone.as_json()
    assert values["script"] is None
    assert "half-size" not in json.dumps(values["photos"])
