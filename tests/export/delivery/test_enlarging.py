from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from export.delivery.enlarging import BROWSER, PLAIN_WAYS, open_for_page
from export.onnx.translate import to_onnx
from plumbing.command import UserError
from plumbing.paths import WEB_DEMO
from teacher.enlarging.network import network_enlarger
from teacher.networks.chain import Chain
from teacher.networks.chain_weights import ChainWeights
from teacher.networks.compact_file import read_compact
from tests.made.networks import LUMA, saved
from tests.made.photos import photo
from tests.made.students import write_bilinear_student

_NANO = WEB_DEMO / "models" / "nano-web"


def test_the_browsers_own_way_is_bilinear_however_large_the_picture() -> None:
    for height, width in ((3, 5), (1, 1), (17, 40_000)):  # the last one in several bands
        picture = photo(height, width)
        size = (2 * width, 2 * height)
        whole = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
        assert np.array_equal(open_for_page(BROWSER).enlarge(picture), whole)


@pytest.mark.parametrize("way", PLAIN_WAYS)
def test_plain_ways_keep_a_flat_picture_and_its_scale(way: str) -> None:
    flat = np.full((5, 6, 3), 77, np.uint8)
    enlarger = open_for_page(way, scale=Fraction(3))
    assert (enlarger.name, enlarger.scale) == (way, 3)
    assert np.array_equal(enlarger.enlarge(flat), np.full((15, 18, 3), 77, np.uint8))


@pytest.mark.slow
def test_an_export_folder_and_its_run_give_the_same_bytes(tmp_path: Path) -> None:
    export, run = tmp_path / "tiny-onnx", tmp_path / "tiny"
    export.mkdir()
    onnx.save(to_onnx(LUMA), export / "model.onnx")
    saved(run, LUMA)
    picture = photo(300, 290)  # in tiles
    through_onnx, by_torch = open_for_page(str(export)), open_for_page(str(run))
    assert (through_onnx.name, by_torch.name) == ("tiny-onnx", "tiny")
    whole = network_enlarger(LUMA, tile_px=400)(picture)
    for enlarger in (through_onnx, by_torch):
        error = np.abs(enlarger.enlarge(picture).astype(int) - whole)
        # Float32 sums differ in the last digit: a value that lies between two bytes may fall
        # either way, and nothing more.
        assert error.max() <= 1
        assert (error > 0).mean() < 1e-4


def test_exports_for_browsers_are_run_from_their_own_files(tmp_path: Path) -> None:
    picture = photo(70, 61)
    write_bilinear_student(tmp_path / "tfjs")
    by_tfjs = open_for_page(str(tmp_path / "tfjs"))
    assert (by_tfjs.name, by_tfjs.scale) == ("tfjs", 2)
    error = by_tfjs.enlarge(picture).astype(int) - open_for_page(BROWSER).enlarge(picture)
    assert np.abs(error[2:-2, 2:-2]).max() <= 1  # it knows no edge
    weights = read_compact(_NANO / "model.halfsize").weights
    assert isinstance(weights, ChainWeights)
    stored = Chain.of(weights)
    by_file = open_for_page(str(_NANO)).enlarge(picture)
    whole = network_enlarger(stored, tile_px=400)(picture)
    assert np.abs(by_file.astype(int) - whole).max() <= 1


def test_other_folders_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such run folder"):
        open_for_page(str(tmp_path / "none"))
    (tmp_path / "model.json").touch()
    with pytest.raises(UserError, match=r"no halfsize\.json"):
        open_for_page(str(tmp_path))
    shutil.rmtree(tmp_path)
