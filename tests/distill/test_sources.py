from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from distill.sources import BatchSource, SourceConfig, gather, mixed_batches
from distill.teaching import Teacher
from pixels.resize import resize
from pixels.store.build import open_or_build_store
from pixels.store.store import PhotoStore
from pixels.store.web_layer import add_web_layer
from plumbing.command import UsageError
from teacher.recipes.stages import Stage, StagedRecipe
from teacher.training.data import Photos
from tests.made.photos import write_photos

STAGE1 = Stage(share=0.5, learning_rate=0.01, batch=12, crop_px=8)
STAGE2 = Stage(share=0.3, learning_rate=0.01, batch=4, crop_px=10, truth=0.9, teacher=0.2)
STAGE3 = Stage(share=0.2, learning_rate=0.01, batch=8, crop_px=8, norm="l2")
RECIPE = StagedRecipe(steps=10, stage1=STAGE1, stage2=STAGE2, stage3=STAGE3)
ALONE = replace(RECIPE, stage2=replace(STAGE2, teacher=0.0))


def inverted(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A teacher that no one mistakes for the truth: enlarges, and turns light into dark."""
    return ~resize(image, (2 * image.shape[0], 2 * image.shape[1]))


TEACHER = Teacher(name="teacher-x", weights_sha256="x", scale=Fraction(2), enlarge=inverted)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    write_photos(folder / "photos", [(48, 64), (57, 41), (60, 60)])
    write_photos(folder / "small", [(14, 12), (11, 16)])
    write_photos(folder / "others", [(40, 40)])
    return folder


@pytest.fixture(scope="module")
def photos(folders: Path) -> Photos:
    paths = sorted((folders / "photos").iterdir())
    store = open_or_build_store(paths, folders / "stores", scale=Fraction(2), smallest_px=8)
    return Photos(store=store, validation=[])


def collect(
    folders: Path, photos: Photos, recipe: StagedRecipe = ALONE, **settings: object
) -> list[BatchSource]:
    config = SourceConfig(**settings)  # pyright: ignore[reportArgumentType]
    return gather(photos, TEACHER, config, stores=folders / "stores", recipe=recipe)


def test_the_teacher_runs_only_if_a_stage_needs_it(folders: Path, photos: Photos) -> None:
    (alone,) = collect(folders, photos)
    assert (alone.small, alone.truth, alone.taught) == ("reduced", "full", None)
    (taught,) = collect(folders, photos, RECIPE)
    assert taught.taught is not None
    stored = taught.store.photo(1, taught.taught)
    assert np.array_equal(stored, inverted(taught.store.photo(1, "reduced")))


def test_photos_without_a_larger_version_are_enlarged_as_they_are(
    folders: Path, photos: Photos
) -> None:
    _, source = collect(folders, photos, lr_only_photos=folders / "small")
    assert source.truth is None and source.taught is not None
    seen = source.store.photo(0, source.small)
    assert max(seen.shape) in (14, 16)  # not halved
    assert np.array_equal(source.store.photo(0, source.taught), inverted(seen))


def test_zoomed_photos_are_middles_at_full_size(folders: Path, photos: Photos) -> None:
    _, source = collect(folders, photos, zoomed_photos=2)
    assert len(source.store.photos) == 2
    whole = photos.store.photo(0, "full")
    assert np.array_equal(source.store.photo(0, source.small), whole)  # smaller than the limit


def test_a_zoomed_photo_that_is_large_is_cut_at_the_same_place_in_both_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distill.sources._ZOOMED_PX", 12)
    paths = sorted(write_photos(tmp_path / "photos", [(62, 50)]).iterdir())
    store = open_or_build_store(paths, tmp_path / "stores", scale=Fraction(2), smallest_px=8)
    _, source = collect(tmp_path, Photos(store=store, validation=[]), zoomed_photos=5)
    assert np.array_equal(source.store.photo(0, "full"), store.photo(0, "full")[18:42, 12:36])
    assert np.array_equal(source.store.photo(0, "reduced"), store.photo(0, "reduced")[9:21, 6:18])


def test_the_truth_of_other_peoples_photos_is_not_used(folders: Path, photos: Photos) -> None:
    _, source = collect(folders, photos, other_photos=folders / "others")
    assert (source.small, source.truth) == ("reduced", None)
    assert source.store.photo(0, "reduced").shape == (20, 20, 3)


def test_the_teacher_may_see_the_clean_photo_where_the_student_sees_a_compressed_one(
    folders: Path, photos: Photos
) -> None:
    add_web_layer(photos.store, 2, workers=1)
    web = replace(photos, input="web")
    (clean,) = collect(folders, web, RECIPE)
    (same,) = collect(folders, web, RECIPE, teacher_sees="same")
    assert clean.small == same.small == "web"
    assert clean.taught == "teacher-x-of-reduced"
    assert same.taught == "teacher-x-of-web"
    for variant in range(2):
        stored = same.store.photo(0, same.taught, variant)
        assert np.array_equal(stored, inverted(same.store.photo(0, "web", variant)))
    small, _, taught, _ = mixed_batches(RECIPE, [same], teacher_only_share=0.5, seed=1)(6)
    for crop, other in zip(small, taught, strict=True):  # of one variant
        expected = inverted(crop.permute(1, 2, 0).numpy()).astype(int)[4:-4, 4:-4]
        assert np.abs(other.permute(1, 2, 0).numpy()[4:-4, 4:-4] - expected).max() <= 1


def test_odd_crops_do_not_fit_twice_the_size(folders: Path, photos: Photos) -> None:
    odd = replace(ALONE, stage1=replace(STAGE1, crop_px=9))
    with pytest.raises(UsageError, match="--scale 2"):
        collect(folders, photos, odd, zoomed_photos=1)


@pytest.fixture(scope="module")
def all_sources(folders: Path, photos: Photos) -> list[BatchSource]:
    return collect(
        *(folders, photos, RECIPE),
        lr_only_photos=folders / "small",
        zoomed_photos=1,
        other_photos=folders / "others",
    )


@pytest.mark.parametrize(("step", "stage"), [(0, STAGE1), (5, STAGE2), (9, STAGE3)])
def test_a_batch_has_the_stages_size_and_weights(
    all_sources: list[BatchSource], step: int, stage: Stage
) -> None:
    batch_at = mixed_batches(RECIPE, all_sources, teacher_only_share=0.5, seed=3)
    small, truth, taught, weights = batch_at(step)
    side = stage.crop_px
    assert small.shape == (stage.batch, 3, side, side)
    column = 0 if stage.norm == "l1" else 1
    for number in range(stage.batch):
        stored = weights[number].flatten().tolist()
        if (
            stored[column] == 0.0
        ):  # a teacher-only crop: it is what the teacher made of the small one
            assert stored[2 + column] == 1.0
            expected = inverted(small[number].permute(1, 2, 0).numpy())[4:-4, 4:-4].astype(int)
            made = taught[number].permute(1, 2, 0).numpy()[4:-4, 4:-4]
            assert np.abs(made - expected).max() <= 1
        else:
            assert stored[column] == pytest.approx(stage.truth)
            assert stored[2 + column] == pytest.approx(stage.teacher)
            reduced = resize(truth[number].permute(1, 2, 0).numpy(), (side, side)).astype(int)
            there = small[number].permute(1, 2, 0).numpy()
            assert np.abs(reduced - there)[2:-2, 2:-2].max() <= 1
        assert stored[1 - column] == stored[3 - column] == 0.0


def test_each_source_gets_its_share(all_sources: list[BatchSource]) -> None:
    batch_at = mixed_batches(RECIPE, all_sources, teacher_only_share=0.25, seed=0)
    later, first = batch_at(5), batch_at(0)
    again = mixed_batches(RECIPE, all_sources, teacher_only_share=0.25, seed=0)(5)
    assert all(torch.equal(a, b) for a, b in zip(later, again, strict=True))
    assert later[0].shape != first[0].shape
    recipe = replace(RECIPE, steps=1000)
    many = mixed_batches(recipe, all_sources, teacher_only_share=0.25, seed=0)
    weights = torch.cat([many(step)[3] for step in range(0, 300)])
    share = (weights[:, 0, 0, 0] == 0).float().mean().item()
    assert share == pytest.approx(0.25, abs=0.03)


def test_without_the_teacher_its_layer_is_empty(photos: Photos, folders: Path) -> None:
    batch = mixed_batches(ALONE, collect(folders, photos), teacher_only_share=0.5, seed=0)(0)
    assert batch[2].shape == (12, 3, 0, 0)


def test_the_teacher_runs_once_for_a_store(folders: Path, photos: Photos) -> None:
    (source,) = collect(folders, photos, RECIPE)

    def never(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        raise AssertionError("the teacher ran again")

    again = replace(TEACHER, enlarge=never).taught(PhotoStore(source.store.folder), "reduced")
    assert again == source.taught


def test_crops_with_a_true_photo_are_judged(all_sources: list[BatchSource]) -> None:
    judged = replace(RECIPE, stage1=replace(STAGE1, truth=0.0, teacher=1.0, ssimulacra2=0.5))
    batch_at = mixed_batches(judged, all_sources, teacher_only_share=0.5, seed=3)
    _, truth, _, _, asked, other = batch_at(0)
    known = truth.flatten(1).any(dim=1)
    assert 0 < int(known.sum()) < STAGE1.batch
    assert asked.flatten().tolist() == [0.5 * one for one in known.tolist()]
    assert other.shape == (STAGE1.batch, 0, 1, 1)
    # A stage that asks no judge has no layers for them: its loss computes none.
    assert len(batch_at(5)) == 4
