from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from export.publish import choice
from export.publish.choice import LightFiles, SentPhoto, Settings, from_json, to_json
from pixels.quality.screens import PHONE, screen_of
from tests.made.published import choice_of, photo_of, sent_file

SETTINGS = Settings(target=50.0, margin=0.1)
CHANGES: dict[str, object] = {
    "target": 51.0,
    "screen": PHONE,
    "margin": 0.2,
    "codecs": ("WEBP",),
    "reductions": ("area",),
    "fallback": None,
    "max_side_px": 100,
    "keep_metadata": True,
    "effort": "best",
    "widths": (480, "own"),
    "frugal": 30.0,
}


@pytest.mark.parametrize(
    "photo",
    [
        photo_of(choice_of(sent_file(), form="full")),
        photo_of(
            replace(
                choice_of(sent_file(), form="full"),
                light=LightFiles(student="x", sent=sent_file(scale=Fraction(2)), fallback=None),
            )
        ),
        photo_of(
            choice_of(sent_file(), form="full", width=300),
            choice_of(
                sent_file(scale=Fraction(3, 2)),
                fallback=sent_file("WEBP"),
                students={"a": 1, "b": 2},
            ),
        ),
    ],
)
def test_what_is_sent_survives_json(photo: SentPhoto) -> None:
    assert from_json(json.loads(json.dumps(to_json(photo)))) == photo


def test_photo_students_and_every_setting_make_another_key() -> None:
    assert CHANGES.keys() == Settings.__dataclass_fields__.keys()
    keys = [
        SETTINGS.key(*one) for one in (("a", "b"), ("c", "b"), ("a", "c"), ("a", "bc"), ("a", ""))
    ]
    keys += [replace(SETTINGS, **{name: value}).key("a", "b") for name, value in CHANGES.items()]
    keys.append(replace(SETTINGS, screen=screen_of(95)).key("a", "b"))
    assert len(set(keys)) == len(keys)
    assert replace(SETTINGS).key("a", "b") == keys[0]
    assert SETTINGS.key("a", "cb") == SETTINGS.key("a", "bc")


def test_other_weights_of_a_reducer_make_another_key_where_it_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filters_alone = replace(SETTINGS, reductions=("lanczos",))
    with_reducer = replace(SETTINGS, reductions=("trained", "lanczos"))
    before = [one.key("a", "b") for one in (filters_alone, with_reducer)]
    monkeypatch.setattr(
        choice,
        "version_of",
        lambda reduction, scale: f"{reduction}-new" if reduction == "trained" else reduction,
    )
    after = [one.key("a", "b") for one in (filters_alone, with_reducer)]
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False]
