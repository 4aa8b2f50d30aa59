"""Fixtures for all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests.made.commands import TINY, command_here, one_thread
from tests.made.photos import write_photos
from tests.made.runs import MadeChain, make_chain, read_chain
from tests.made.workers import keep_to_own_cores, made_once, turn
from tests.missing import skip_or_fail

if TYPE_CHECKING:
    from playwright.sync_api import Browser  # some tests run in a plain installation, without it

one_thread()
keep_to_own_cores()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests whose fixtures start processes: `make test-fast` runs without them."""
    for item in items:
        if {"chain", "tiny_run"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.process)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let tests that are marked `alone` run alone."""
    with turn(item):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Close the shared browser before tests that may start one of their own.

    The exporter checks its exports in a browser, and Playwright allows one at a time in a thread.
    """
    if "browser" not in getattr(item, "fixturenames", ()):
        close_browser()


def pytest_sessionfinish() -> None:
    """Close the shared browser."""
    close_browser()


def close_browser() -> None:
    """Close the shared browser, where a test has used it."""
    module = sys.modules.get("tests.made.browsers")
    if module is not None:
        module.SHARED.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test in each browser that its mark `browsers` names, but for what one `lacks`."""
    mark = metafunc.definition.get_closest_marker("browsers")
    if mark is None or "browser" not in metafunc.fixturenames:
        return
    lacking: dict[str, str] = dict(it.args for it in metafunc.definition.iter_markers("lacks"))
    params = [
        pytest.param(kind, marks=pytest.mark.skip(reason=f"{kind}: {lacking[kind]}"))
        if kind in lacking
        else kind
        for kind in mark.args
    ]
    metafunc.parametrize("browser", params, indirect=True)


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A headless browser, shared by all tests: Chromium, or what the mark `browsers` names.

    Where CI is set, having none is a failure.
    """
    from plumbing.command import UserError
    from tests.made.browsers import SHARED

    try:
        browser = SHARED.get(getattr(request, "param", "chromium"))
    except UserError as error:
        skip_or_fail(str(error))
    yield browser
    for context in browser.contexts:
        context.close()


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> MadeChain:
    """Teacher, student and their exports, made by the commands; made once for all tests.

    Who writes tests may name a folder by `HALFSIZE_TEST_CHAIN`: it is made there once, and used
    again by later runs, whatever changed since.
    """
    kept = os.environ.get("HALFSIZE_TEST_CHAIN")
    if not kept:
        return read_chain(made_once(tmp_path_factory, "chain", make_chain))
    with FileLock(f"{kept}.lock"):
        if not (Path(kept) / "output.txt").is_file():  # which is written last
            make_chain(Path(kept))
    return read_chain(Path(kept))


@pytest.fixture(scope="session")
def photos_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small photos, for reading only."""
    return write_photos(tmp_path_factory.mktemp("photos"), [(48, 64), (57, 41), (60, 60)])


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory, photos_folder: Path) -> Path:
    """The run folder of a two-step training, made by the command; for reading only."""
    run = tmp_path_factory.mktemp("runs") / "tiny"
    finished = command_here(
        *("teacher.train", "--photos", photos_folder, "--run", run),
        *("--validation", photos_folder, "--steps", "2", *TINY),
    )
    assert finished.status == 0, finished.errors
    return run
