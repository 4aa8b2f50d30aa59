"""Students of any ratio through the exporters: card and check of one, and all of all."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from distill.students import fresh
from export.check import browser_runtimes
from export.check.runtime import Unavailable
from export.folder.card import CARD
from export.folder.form import COMPACT, FORMS, Form, form_of
from export.folder.golden import GOLDEN
from export.forms import export_form
from export.pipeline.job import ExportConfig
from export.pipeline.run import run_export
from export.weights.precision import Precision
from teacher.networks.chain_config import ChainConfig
from teacher.networks.registry import Network
from teacher.runs.folder import load_network
from tests.made.commands import command_here
from tests.made.networks import require_sizes, saved

THREE_HALVES = Fraction(3, 2)


def write_run(folder: Path, scale: Fraction) -> Path:
    """Write a run folder of a student as training starts with it, but without zero biases."""
    torch.manual_seed(0)
    network = fresh(ChainConfig(body=1, channels=6, scale=scale)).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    return saved(folder, network)


def export(form: Form, run: Path, out: Path, weights: Precision, *, browser: bool) -> None:
    config = ExportConfig(run=run, out=out, weights=weights, browser=browser, threads=1)
    run_export(config, export_form(form))


def require_sizes_everywhere(folder: Path, network: Network, count: int, *, browser: bool) -> None:
    """Require every runtime of an export folder to agree on as many random sizes."""
    form, card = form_of(folder), json.loads((folder / CARD).read_text(encoding="utf-8"))
    assert form is not None
    names = []
    for runtime in export_form(form).runtimes(folder, card["weights"]["precision"], browser):
        if not isinstance(runtime, Unavailable):
            require_sizes(network, runtime.run, count, runtime.tolerance)
            names.append(runtime.name)
    assert len(names) > browser


@pytest.mark.slow
def test_the_card_of_a_ratio_and_its_verification(tmp_path: Path) -> None:
    run, out = write_run(tmp_path / "run", THREE_HALVES), tmp_path / "out"
    export(COMPACT, run, out, "int8", browser=False)
    card = json.loads((out / CARD).read_text(encoding="utf-8"))
    network, _ = load_network(run)
    assert (card["format"], card["scale"], card["network"]["scale"]) == (2, "3/2", "3/2")
    assert (card["align_px"], card["margin_px"]) == (2, network.margin_px)
    assert "multiples of 2" in json.loads((out / GOLDEN).read_text(encoding="utf-8"))["layout"]
    require_sizes_everywhere(out, network, 20, browser=False)
    verified = command_here("export.verify", out, "--run", run, "--no-browser", "--threads", "1")
    assert verified.status == 0, verified.errors
    other = write_run(tmp_path / "other", Fraction(4, 3))
    verified = command_here("export.verify", out, "--run", other, "--no-browser", "--threads", "1")
    assert "does not give the promised pixels" in verified.sentence()


@pytest.mark.browser
@pytest.mark.slow
def test_the_wasm_engine_agrees_on_a_ratio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_runtimes, "COMPACT_ENGINES", ("wasm",))
    scale = THREE_HALVES
    run, out = write_run(tmp_path / "run", scale), tmp_path / "out"
    export(COMPACT, run, out, "float16", browser=True)
    require_sizes_everywhere(out, load_network(run)[0], 20, browser=True)


@pytest.mark.browser
@pytest.mark.heavy
@pytest.mark.timeout(3600)  # TF.js compiles its GPU programs anew for each size
@pytest.mark.parametrize("scale", [Fraction(2), THREE_HALVES, Fraction(4, 3)], ids=str)
@pytest.mark.parametrize(
    ("form", "weights"),
    [(form, precision) for form in FORMS for precision in form.precisions],
    ids=lambda value: value if isinstance(value, str) else value.command,
)
def test_every_form_and_precision_agrees_in_every_runtime_on_200_sizes(
    tmp_path: Path, scale: Fraction, form: Form, weights: Precision
) -> None:
    run, out = write_run(tmp_path / "run", scale), tmp_path / "out"
    export(form, run, out, weights, browser=True)
    require_sizes_everywhere(out, load_network(run)[0], 200, browser=True)
