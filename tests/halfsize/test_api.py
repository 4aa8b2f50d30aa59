from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import halfsize
from halfsize import publishing
from plumbing.command import UserError
from plumbing.extras import MissingExtraError
from plumbing.paths import ROOT
from teacher.enlarging import runner
from teacher.enlarging.runner import open_enlarger
from tests.made.photos import photo, write_photos


def test_importing_it_takes_no_time() -> None:
    program = "import sys, halfsize; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"numpy", "PIL", "rich", "plumbing", "teacher"} & {*done.stdout.split()}


def test_a_network_is_loaded_by_name() -> None:
    network = halfsize.load("nano-fine-3-2")
    assert (network.name, network.scale) == ("nano-fine-3-2", 1.5)
    picture = photo(21, 30)
    larger = network.upscale(picture)
    assert larger.shape == (32, 45, 3) and larger.dtype == np.uint8
    np.testing.assert_array_equal(larger, open_enlarger("nano-fine-3-2").enlarge(picture))
    np.testing.assert_array_equal(network.upscale(picture[:, ::-1])[1:-1].shape, (30, 45, 3))


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)]
)
def test_what_is_no_picture_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a picture"):
        halfsize.load("bicubic").upscale(wrong)


def test_what_is_no_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="no-such"):
        halfsize.load("no-such")
    monkeypatch.setattr("plumbing.extras.installed", lambda module: False)
    monkeypatch.setattr(runner, "installed", lambda module: False)
    assert halfsize.load("nano-web").upscale(photo(4, 5)).shape == (8, 10, 3)
    with pytest.raises(MissingExtraError, match=r"PyTorch: pip install 'halfsize\[train\]'"):
        halfsize.load("residual-web")


def test_photos_are_published(tmp_path: Path) -> None:
    photos = write_photos(tmp_path / "photos", [(48, 64)])
    manifest = halfsize.publish(photos, tmp_path / "site", model="nano-web", quality=30, jobs=1)
    assert [(tmp_path / "site" / "manifest.json").is_file(), len(manifest["photos"])] == [True, 1]
    with pytest.raises(ValueError, match="quality"):
        halfsize.publish([photos], tmp_path / "site", quality=120)
    with pytest.raises(TypeError):
        publishing.publish_all(photos, tmp_path / "site", "nano-web", {"no_such": 1})
