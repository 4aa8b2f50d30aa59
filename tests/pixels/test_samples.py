from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skimage import data

from pixels.samples import HELD_OUT, sample_photos
from pixels.stills.files import read_picture
from tests.made.commands import command_here
from tests.made.runs import command


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Written where nothing can be downloaded and nothing was before."""
    folder = tmp_path_factory.mktemp("samples")
    nowhere = "http://127.0.0.1:9"
    done = command(
        *("pixels.samples", "--out", folder / "photos"),
        SKIMAGE_DATADIR=str(folder / "cache"),
        HTTPS_PROXY=nowhere,
        https_proxy=nowhere,
    )
    assert done.returncode == 0, done.stderr
    return folder / "photos"


def test_the_photos_are_at_hand_without_a_download(samples: Path) -> None:
    files = sorted(str(path.relative_to(samples)) for path in samples.rglob("*.png"))
    named = {"astronaut", "chelsea", "rocket"}
    assert named < {Path(name).stem for name in files if name.startswith("train/")}
    assert [name for name in files if name.startswith("held-out/")] == [f"held-out/{HELD_OUT}.png"]
    assert f"train/{HELD_OUT}.png" not in files
    assert len(files) == len(sample_photos())


def test_the_photos_are_those_of_scikit_image(samples: Path) -> None:
    astronaut = read_picture(samples / "train" / "astronaut.png")
    assert np.array_equal(astronaut.rgb, data.astronaut())
    camera = read_picture(samples / "train" / "camera.png")
    assert np.array_equal(camera.rgb, np.stack([data.camera()] * 3, axis=-1))


def test_a_folder_of_samples_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "out" / "train").mkdir(parents=True)
    (tmp_path / "out" / "train" / "stray.png").write_bytes(b"")
    assert command_here("pixels.samples", "--out", tmp_path / "out").status == 0
    assert not (tmp_path / "out" / "train" / "stray.png").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_in_the_way_is_kept_and_reported(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    sentence = command_here("pixels.samples", "--out", tmp_path / "out").sentence()
    assert str(tmp_path / "out") in sentence
    assert (tmp_path / "out").read_bytes() == b"mine"
