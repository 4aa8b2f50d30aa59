from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixels.sending.codecs import REDUCTIONS
from pixels.store.shards import split_of
from plumbing.command import UserError
from plumbing.disk import sha256_of
from tests.made.curves import plan
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
    assert sorted(counts) == [2] * (COUNT - 2) + [1 + len(REDUCTIONS)] * 2
    for series in tasks[0].series:
        assert (series.reduction is None) == (not series.enlargements)
