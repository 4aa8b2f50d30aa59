from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from export.delivery.student import enlarger_of, read_student
from plumbing.command import UserError
from plumbing.disk import sha256_of
from plumbing.paths import WEB_DEMO
from teacher.networks.compact_file import read_compact
from tests.made.students import write_bilinear_student

RELEASED = WEB_DEMO / "models" / "small-fine"


def test_golden_vectors_that_the_page_downloads_are_files_of_the_student(tmp_path: Path) -> None:
    folder = write_bilinear_student(tmp_path / "with-golden")
    (folder / "golden.json").write_text("{}")
    card = json.loads((folder / "halfsize.json").read_text())
    described = {"bytes": 2, "gzip_bytes": 22, "sha256": sha256_of(folder / "golden.json")}
    card["other_files"] = {"golden.json": described}
    (folder / "halfsize.json").write_text(json.dumps(card))
    student = read_student(folder)
    assert dict(student.files)["golden.json"] == b"{}"
    files = card["files"].values()
    assert student.gzip_bytes == sum(file["gzip_bytes"] for file in files) + 22


def test_a_compact_student_gives_its_own_pixels() -> None:
    """As golden vectors of the file say, which the page's engines are held to."""
    enlarger = enlarger_of(read_student(RELEASED))
    vectors = read_compact(RELEASED / "model.halfsize").golden
    for given, made in vectors:
        assert np.abs(enlarger.enlarge(given).astype(int) - made).max() <= 1
    assert len(vectors) > 1


def test_a_card_of_another_network_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(RELEASED, folder)
    card = json.loads((folder / "halfsize.json").read_text())
    (folder / "halfsize.json").write_text(json.dumps(card | {"margin_px": 1}))
    with pytest.raises(UserError, match="another network"):
        read_student(folder)


def test_an_altered_student_is_refused(tmp_path: Path) -> None:
    folder = write_bilinear_student(tmp_path / "student")
    weights = folder / "group1-shard1of1.bin"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match=r"group1-shard1of1\.bin"):
        read_student(folder)
