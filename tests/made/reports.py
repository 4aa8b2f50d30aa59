"""Trainings without the drawn report, which takes most of a tiny training's time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def no_reports() -> Iterator[None]:
    """Draw no report in this module's tests; tests of training draw and read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("teacher.training.report.write_report", lambda *_, **__: None)
        yield
