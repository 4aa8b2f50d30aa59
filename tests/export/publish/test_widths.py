"""Several widths of a photo: which ones, and that each is chosen as if it were alone."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from export.delivery.student import read_student
from export.publish.choice import SentPhoto, Settings, Width
from export.publish.config import PublishConfig
from export.publish.search import widths
from export.publish.search.choose import PhotoTask, publish_photo
from export.publish.search.widths import sizes_of
from tests.made.students import write_bicubic_student, write_bilinear_student

LADDER = PublishConfig(photos=(Path(),), out=Path(), model=(Path(),)).decisive.widths
SETTINGS = Settings(target=50.0, margin=0.1, codecs=("WEBP", "JPEG"), widths=(80, 150, "own"))


@pytest.mark.parametrize(
    ("own", "wanted", "expected"),
    [
        ((1000, 1500), LADDER, [1500, 1200, 800, 480]),
        ((4000, 6000), LADDER, [6000, 2400, 1600, 1200, 800, 480]),
        ((1000, 1500), ("own",), [1500]),
        ((300, 400), LADDER, [400]),
        ((400, 480), LADDER, [480]),
        # Widths alone are the largest ones; a narrower photo has its own.
        ((1000, 1500), (480, 800), [800, 480]),
        ((1000, 1500), (480, 1500), [1500, 480]),
        ((400, 600), (480, 800), [600, 480]),
        # As good as the next larger one.
        ((1000, 1650), LADDER, [1650, 1200, 800, 480]),
        ((1000, 1250), (1200, 1199, 480, "own"), [1250, 480]),
        # Too low to be scored: 30 x 480 / 2000.
        ((30, 2000), LADDER, [2000, 1600, 1200, 800]),
        ((11, 2000), (100,), [100]),
    ],
)
def test_the_widths_of_a_photo(
    own: tuple[int, int], wanted: tuple[Width, ...], expected: list[int]
) -> None:
    assert [width for _, width in sizes_of(own, wanted)] == expected


def test_heights_are_those_of_a_page() -> None:
    """An element takes `Math.round(w * height / width)` of the largest width's attributes."""
    assert sizes_of((667, 1001), (100, 300, 450, "own")) == [
        *((667, 1001), (300, 450)),
        *((200, 300), (67, 100)),
    ]
    assert sizes_of((3, 1000), (100, 500))[0] == (2, 500)  # 1.5


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    small = Image.fromarray(data.astronaut()).resize((48, 40), Image.Resampling.LANCZOS)
    return small.resize((240, 201), Image.Resampling.BICUBIC)


def published(photo: Image.Image, settings: Settings, *students: Path) -> SentPhoto:
    file = io.BytesIO()
    photo.save(file, "PNG")
    task = PhotoTask(
        name="made",
        content=file.getvalue(),
        settings=settings,
        students=tuple(map(read_student, students)),
    )
    outcome = publish_photo(task)
    assert outcome.photo, outcome.error
    for sent in outcome.photo.files("made").values():
        with Image.open(io.BytesIO(outcome.files[sent.sha256])) as image:
            assert image.size == (sent.width, sent.height)
    return outcome.photo


@pytest.fixture
def keeping_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A soft photo has hardly fewer bytes in a smaller width."""
    monkeypatch.setattr(widths, "LEAST_STEP", -9.0)


@pytest.mark.usefixtures("keeping_all")
def test_each_width_is_chosen_as_if_it_were_alone_with_fewer_looks(
    photo: Image.Image, tmp_path: Path
) -> None:
    student = write_bilinear_student(tmp_path / "bilinear")
    sent = published(photo, SETTINGS, student)
    assert [choice.width for choice in sent.widths] == [80, 150, 240]
    assert "reduced" in [choice.form for choice in sent.widths]
    looks = 0
    for choice in sent.widths:
        small = photo.resize((choice.width, choice.height), Image.Resampling.LANCZOS)
        alone = published(small, replace(SETTINGS, widths=("own",)), student).largest
        assert (choice.form, choice.sent.codec) == (alone.form, alone.sent.codec)
        # What has no hope is left out, and what is known of a photo decides about that.
        assert choice.sent.bytes == pytest.approx(alone.sent.bytes, rel=0.01)
        assert choice.full == alone.full
        assert choice.reached
        looks += alone.looks
    assert sum(choice.looks for choice in sent.widths) < looks


def test_the_largest_width_is_what_it_is_alone(photo: Image.Image, tmp_path: Path) -> None:
    student = write_bilinear_student(tmp_path / "bilinear")
    alone = published(photo, replace(SETTINGS, widths=("own",)), student)
    assert published(photo, replace(SETTINGS, widths=(150, "own")), student).largest == (
        alone.largest
    )


def test_a_width_with_hardly_fewer_bytes_is_dropped() -> None:
    """In a plain picture, most bytes are those of headers."""
    plain = Image.fromarray(np.full((120, 240, 3), 90, np.uint8))
    sent = published(plain, replace(SETTINGS, widths=(60, 225, "own"))).widths
    assert [choice.width for choice in sent] == [60, 240]
    assert sent[0].sent.bytes <= 0.9 * sent[1].sent.bytes


def test_readers_who_save_data_get_lighter_files_at_the_same_addresses(
    photo: Image.Image, tmp_path: Path
) -> None:
    student = write_bilinear_student(tmp_path / "bilinear")
    settings = replace(SETTINGS, target=70.0, widths=(150, "own"))
    usual = published(photo, settings, student)
    sent = published(photo, replace(settings, frugal=40.0), student)
    assert [choice.sent for choice in sent.widths] == [choice.sent for choice in usual.widths]
    for choice in sent.widths:
        assert choice.light and choice.light.sent
        light = choice.light.sent
        assert (light.codec, light.bytes < choice.sent.bytes) == (choice.sent.codec, True)
        assert 40.0 <= light.score < choice.sent.score
        # A file that is smaller than its photo has a student that makes it as large.
        assert (light.scale == 2) == (choice.light.student is not None)
        places = sent.files("a/b.jpg")
        path = choice.sent.path("a/b.jpg")
        assert (places[path], places[f"frugal/{path}"]) == (choice.sent, light)


@pytest.mark.usefixtures("keeping_all")
def test_a_photo_has_one_student_of_a_scale(photo: Image.Image, tmp_path: Path) -> None:
    """A page tells them apart by their scales."""
    students = [
        write_bicubic_student(tmp_path / "light"),
        write_bicubic_student(tmp_path / "heavy", channels=40),
    ]
    # In a grey photo, small widths are reduced as well.
    sent = published(photo.convert("L").convert("RGB"), SETTINGS, *students)
    assert len([choice for choice in sent.widths if choice.student]) > 1
    assert len(sent.students) == 1
