from __future__ import annotations

from dataclasses import replace

import pytest

from export.publish.choice import Choice, Settings, from_json, to_json
from tests.made.published import choice_of, sent_file

SETTINGS = Settings(target=50.0, margin=0.1)
CHANGES: dict[str, object] = {
    "target": 51.0,
    "margin": 0.2,
    "codecs": ("WEBP",),
    "reductions": ("area",),
    "fallback": None,
    "max_side_px": 100,
    "keep_metadata": True,
}


@pytest.mark.parametrize(
    "choice",
    [choice_of(sent_file(), form="full"), choice_of(sent_file(), fallback=sent_file("WEBP"))],
)
def test_a_choice_survives_json(choice: Choice) -> None:
    assert from_json(to_json(choice)) == choice


def test_photo_student_and_every_setting_make_another_key() -> None:
    assert CHANGES.keys() == Settings.__dataclass_fields__.keys()
    keys = [SETTINGS.key("a", "b"), SETTINGS.key("c", "b"), SETTINGS.key("a", "c")]
    keys += [replace(SETTINGS, **{name: value}).key("a", "b") for name, value in CHANGES.items()]
    assert len(set(keys)) == 3 + len(CHANGES)
    assert replace(SETTINGS).key("a", "b") == keys[0]
