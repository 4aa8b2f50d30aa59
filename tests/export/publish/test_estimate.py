from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from export.publish.choice import Settings, Wanted
from export.publish.estimate import TimedPhoto, estimate, fitting_jobs, probes_first
from export.publish.plan import SitePhoto
from plumbing.command import UserError

WANTED = Wanted(settings=Settings(target=60.0, margin=0.1))


def photos_of(*megapixels: float) -> list[SitePhoto]:
    return [
        SitePhoto(
            path=Path(f"{n}"), name=f"{n}", sha256="", bytes=1, megapixels=size, wanted=WANTED
        )
        for n, size in enumerate(megapixels)
    ]


def test_probes_are_of_all_sizes() -> None:
    photos = probes_first(photos_of(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 24.0))
    assert [photo.megapixels for photo in photos[:3]] == [2.0, 4.0, 6.0]
    assert [photo.megapixels for photo in photos[3:]] == [1.0, 3.0, 5.0, 24.0]
    assert probes_first([]) == []


def test_an_estimate_goes_by_megapixels(tmp_path: Path) -> None:
    rest = photos_of(1.0, 3.0, 5.0, 24.0)
    timed = [TimedPhoto(megapixels=2.0, seconds=10.0, bytes=50_000)]
    expected = estimate(rest, timed, workers=2, site=tmp_path / "not" / "there")
    assert expected.seconds == pytest.approx(33 * 5 / 2)
    assert expected.bytes == 33 * 25_000
    assert expected.free_bytes == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.05)
    assert replace(expected, free_bytes=7e9).sentence == (
        "4 photos to go (33 megapixels): about 82 s, 825 KB on disk (7.0 GB free)"
    )
    expected.require_space()
    with pytest.raises(UserError, match="free some space"):
        replace(expected, free_bytes=800_000).require_space()


def test_large_photos_leave_memory_for_fewer_jobs() -> None:
    assert fitting_jobs(photos_of(0.1), 2) == 2
    assert fitting_jobs(photos_of(0.1, 1e6), 2) == 1
