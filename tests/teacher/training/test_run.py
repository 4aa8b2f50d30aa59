from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from pixels.quality.psnr_ssim import compare
from pixels.resize import reduce_photo, resize
from pixels.store.build import held_out
from plumbing.command import UserError
from teacher.enlarging.network import network_enlarger
from teacher.networks.chain import Chain
from teacher.networks.chain_config import ChainConfig
from teacher.recipes.recipe import Recipe
from teacher.training.data import DataConfig, Photos, crop_batches, prepare_photos
from teacher.training.validation import measure
from tests.made.photos import photo

RECIPE = Recipe(batch=3, crop_px=10)
CPU = torch.device("cpu")


def prepared(folder: Path, photos: Path, validation: Path | None, *, scale: int = 2) -> Photos:
    config = DataConfig(photos=photos, validation=validation)
    return prepare_photos(
        config, scale=Fraction(scale), crop_px=RECIPE.crop_px, stores=folder / "stores"
    )


def write_bmps(folder: Path, photos: list[NDArray[np.uint8]]) -> Path:
    folder.mkdir()
    for number, pixels in enumerate(photos):
        Image.fromarray(pixels).save(folder / f"{number:02}.bmp")
    return folder


def write_both_kinds(folder: Path) -> tuple[list[Path], list[Path]]:
    """Write photos until some would be held out and some not: (held out, others)."""
    folder.mkdir()
    held: list[Path] = []
    others: list[Path] = []
    while len(held) < 2 or len(others) < 3:
        number = len(held) + len(others)
        path = folder / f"{number:03}.bmp"
        Image.fromarray(photo(34, 34, number)).save(path)
        (held if held_out(path) else others).append(path)
    return held, others


def test_without_validation_some_are_held_out_by_content(tmp_path: Path) -> None:
    held, others = write_both_kinds(tmp_path / "in")
    photos = prepared(tmp_path, tmp_path / "in", None)
    assert [entry.name for entry in photos.store.photos] == [path.name for path in others]
    assert len(photos.validation) == len(held)
    for path, (reduced, original) in zip(held, photos.validation, strict=True):
        assert np.array_equal(original, photo(34, 34, int(path.stem)))
        assert np.array_equal(reduced, resize(original, (17, 17)))


def test_photos_that_would_all_be_held_out_are_trained_on(tmp_path: Path) -> None:
    held, others = write_both_kinds(tmp_path / "in")
    for path in others:
        path.unlink()
    photos = prepared(tmp_path, tmp_path / "in", None)
    assert len(photos.store.photos) == len(photos.validation) == len(held)


def test_a_folder_for_validation_is_measured_and_all_others_trained_on(tmp_path: Path) -> None:
    training = write_bmps(tmp_path / "in", [photo(34, 34, seed) for seed in range(20)])
    measured = write_bmps(tmp_path / "other", [photo(61, 47, 30), photo(40, 40, 31)])
    photos = prepared(tmp_path, training, measured, scale=3)
    assert len(photos.store.photos) == 20
    assert [reduced.shape for reduced, _ in photos.validation] == [(20, 15, 3), (13, 13, 3)]
    assert photos.store.folder.parent == tmp_path / "stores"


def test_of_large_photos_the_middle_is_measured_and_of_many_the_first(tmp_path: Path) -> None:
    large = photo(420, 500)
    measured = write_bmps(tmp_path / "other", [large, *(photo(30, 30, n) for n in range(12))])
    photos = prepared(tmp_path, measured, measured)
    assert len(photos.validation) == 8
    reduced, original = photos.validation[0]
    assert np.array_equal(original, large[18 : 18 + 384, 58 : 58 + 384])
    assert reduced.shape == (192, 192, 3)


def test_skipped_photos_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_bmps(tmp_path / "in", [photo(34, 34), photo(12, 90, 1)])
    (folder / "[bold]bad.png").write_bytes(b"bad")
    photos = prepared(tmp_path, folder, folder)
    assert len(photos.store.photos) == len(photos.validation) == 1
    printed = "".join(capsys.readouterr().err.split())
    assert printed.count("skipped:") == 4
    assert "01.bmp:90x12istoosmalltocrop" in printed
    assert "01.bmpistoosmalltomeasure" in printed
    assert "[bold]bad.png:isnotapicture" in printed


def test_no_photo_to_hold_out_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held, _ = write_both_kinds(tmp_path / "in")
    for path in held:
        path.unlink()
    assert prepared(tmp_path, tmp_path / "in", None).validation == []
    assert "--validation" in capsys.readouterr().err


@pytest.mark.parametrize("which", ["photos", "validation"])
def test_a_folder_that_is_not_there_is_told(tmp_path: Path, which: str) -> None:
    folder = write_bmps(tmp_path / "in", [photo(34, 34)])
    named = {"photos": folder, "validation": folder, which: tmp_path / "nowhere"}
    with pytest.raises(UserError, match="nowhere"):
        prepared(tmp_path, named["photos"], named["validation"])


def test_a_batch_depends_on_the_seed_and_the_step_alone(tmp_path: Path) -> None:
    folder = write_bmps(tmp_path / "in", [photo(60, 60), photo(40, 90, 1)])
    photos = prepared(tmp_path, folder, folder)
    batch_at = crop_batches(photos, RECIPE, seed=0, device=CPU)
    later, first = batch_at(7), batch_at(0)
    assert [tuple(layer.shape) for layer in first] == [(3, 3, 10, 10), (3, 3, 20, 20)]
    assert all(layer.dtype == torch.uint8 for layer in first)
    again = crop_batches(photos, RECIPE, seed=0, device=CPU)(7)
    assert all(torch.equal(a, b) for a, b in zip(later, again, strict=True))
    assert not torch.equal(first[0], later[0])
    other_seed = crop_batches(photos, RECIPE, seed=1, device=CPU)(7)
    assert not torch.equal(other_seed[0], later[0])


def test_measuring_averages_psnr_and_ssim() -> None:
    torch.manual_seed(0)
    network = Chain(ChainConfig(body=0, channels=4, scale=Fraction(3)))
    pairs = [reduce_photo(photo(40, 50, seed), Fraction(3)) for seed in range(2)]
    enlarge = network_enlarger(network)
    qualities = [compare(enlarge(small), large, shave_px=3) for small, large in pairs]
    plain = [
        compare(resize(small, large.shape[:2]), large, shave_px=3).psnr for small, large in pairs
    ]
    assert measure(network, pairs) == {
        "validation/bicubic_psnr": pytest.approx(sum(plain) / 2),
        "validation/psnr": pytest.approx((qualities[0].psnr + qualities[1].psnr) / 2),
        "validation/ssim": pytest.approx((qualities[0].ssim + qualities[1].ssim) / 2),
    }
    assert measure(network, []) == {}
