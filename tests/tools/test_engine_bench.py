"""tools.engine_bench: what it refuses."""

from __future__ import annotations

from pathlib import Path

from tests.made.commands import command_here


def test_a_folder_without_a_student_is_named(tmp_path: Path) -> None:
    done = command_here("tools.engine_bench", "--models", tmp_path)
    assert (done.status, str(tmp_path) in done.errors) == (1, True)
