from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from export.bandwidth.plan import open_enlargements
from export.delivery.reducing import SENT_REDUCTIONS
from pixels.store.shards import split_of
from plumbing.command import UserError
from plumbing.disk import sha256_of
from tests.made.curves import plan
from tests.made.networks import LUMA, RATIO, saved
from tests.made.photos import photo

COUNT = 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small photos, most of them in the training split."""
    folder = tmp_path_factory.mktemp("trained")
    for number in range(COUNT):
        Image.fromarray(photo(16, 20) + np.uint8(number)).save(folder / f"{number}.png")
    return folder


def test_only_photos_kept_out_of_training_are_taken(folder: Path) -> None:
    kept = {path.name for path in folder.iterdir() if split_of(sha256_of(path)) != "train"}
    assert 1 < len(kept) < COUNT
    tasks = plan(held_out=folder).tasks()
    assert {task.photo.name for task in tasks} == kept
    assert all(task.name == f"{folder.name}/{task.photo.name}" for task in tasks)
    assert len(plan(held_out=folder, held_out_photos=1).tasks()) == 1


def test_a_folder_of_nothing_but_training_photos_is_refused(folder: Path, tmp_path: Path) -> None:
    trained = next(path for path in folder.iterdir() if split_of(sha256_of(path)) == "train")
    (tmp_path / "a.png").write_bytes(trained.read_bytes())
    with pytest.raises(UserError, match=r"--held-out .* training split"):
        plan(held_out=tmp_path).tasks()


def test_photos_of_the_same_bytes_count_once(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.png").write_bytes((folder / "3.png").read_bytes())
    tasks = plan(tmp_path, folder, folder / "5.png", held_out=folder).tasks()
    assert tasks[0].photo.name == "copy.png"
    assert len(tasks) == COUNT


def test_every_reduction_is_measured_on_some_photos_only(folder: Path) -> None:
    tasks = plan(folder, codecs=("JPEG", "WEBP"), reduction_photos=2).tasks()
    counts = [len({series.reduction for series in task.series}) for task in tasks]
    assert sorted(counts) == [2] * (COUNT - 2) + [1 + len(SENT_REDUCTIONS)] * 2
    for series in tasks[0].series:
        assert (series.reduction is None) == (not series.enlargements)


def test_plain_enlargements_are_measured_at_every_size_that_a_student_takes(tmp_path: Path) -> None:
    for name, network in (("tiny", LUMA), ("wide", RATIO)):
        saved(tmp_path / name, network)
    students, teacher = open_enlargements([tmp_path / "wide", tmp_path / "tiny"], Path("bicubic"))
    assert [(s.name, s.scale) for s in students] == [("wide", Fraction(3, 2)), ("tiny", 2)]
    assert teacher is not None
    assert (teacher.name, teacher.scale) == ("bicubic 2", 2)
    (alone,), _ = open_enlargements([tmp_path / "wide"], None)
    (filtered,), none = open_enlargements([Path("bicubic")], None)
    assert (alone.scale, filtered.name, filtered.scale, none) == (
        *(Fraction(3, 2), "bicubic", 2, None),
    )
    with pytest.raises(UserError, match="lanczos would be the name of two things"):
        open_enlargements([tmp_path / "wide", Path("lanczos")], None)
