from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from export.folder.card import CARD
from export.pipeline.legal import CREDITS_FILE, write_legal
from plumbing.disk import sha256_of
from plumbing.paths import MODELS
from teacher.runs.record import read_record
from teacher.runs.released import DISTILL_RELEASED, credits_table

SHIPPED = sorted(folder.name for folder in MODELS.iterdir())


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_students_credit_every_photographer(name: str, tmp_path: Path) -> None:
    run = DISTILL_RELEASED / name
    write_legal(tmp_path, licence="MIT", credits="", data=read_record(run).data, run=run)
    credits_ = (MODELS / name / CREDITS_FILE).read_text(encoding="utf-8")
    assert credits_ == (tmp_path / CREDITS_FILE).read_text(encoding="utf-8")
    with (DISTILL_RELEASED / "CREDITS.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = [line for line in credits_.splitlines() if line.startswith("- ")]
    named = [row for row in rows if row["author"]]
    for row, line in zip(named, lines, strict=False):
        assert f" by {row['author']}, {row['licence']}" in line
    others = sum(int(line.split()[1]) for line in lines[len(named) :])
    assert len(named) + others == len(rows) == read_record(run).data["photos"]
    assert len(named) > 100
    card = json.loads((MODELS / name / CARD).read_text(encoding="utf-8"))
    for file, entry in card["other_files"].items():
        assert entry["sha256"] == sha256_of(MODELS / name / file)


def test_runs_of_others_have_the_credits_that_they_give(tmp_path: Path) -> None:
    assert credits_table(tmp_path) is None
    for given, told in (("Ann Example", "Ann Example\n"), ("", "No credits for the training")):
        write_legal(tmp_path, licence="CC0-1.0", credits=given, data={"photos": 3}, run=tmp_path)
        assert (tmp_path / CREDITS_FILE).read_text(encoding="utf-8").startswith(told)
