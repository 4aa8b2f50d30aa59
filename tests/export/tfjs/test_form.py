from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest

from export.check import browser_runtimes
from export.check.browser_runtimes import TFJS_BACKENDS, kernels_of, tfjs_backends
from export.check.errors import AgreementError
from export.check.local_runtimes import run_onnx
from export.folder.card import CARD
from export.pipeline.job import ExportConfig
from export.pipeline.run import run_export
from export.tfjs import form
from plumbing.disk import sha256_of
from teacher.networks.registry import Network
from tests.made.runs import MadeChain

pytestmark = pytest.mark.browser


def nodes(folder: Path) -> list[dict[str, object]]:
    topology = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    return topology["modelTopology"]["node"]


def test_the_graph_is_what_other_libraries_load(chain: MadeChain) -> None:
    model = json.loads((chain.student_tfjs / "model.json").read_text(encoding="utf-8"))
    assert model["format"] == "graph-model"
    assert "userDefinedMetadata" not in model  # structured output names would be there
    (source,) = model["signature"]["inputs"].values()
    (result,) = model["signature"]["outputs"].values()
    sizes = [dimension["size"] for dimension in source["tensorShape"]["dim"]]
    assert (source["dtype"], sizes) == ("DT_FLOAT", ["-1", "-1", "-1", "3"])
    assert len(result["tensorShape"]["dim"]) == 4


def test_each_convolution_is_one_fused_kernel(chain: MadeChain) -> None:
    count = Counter(str(node["op"]) for node in nodes(chain.student_tfjs))
    # nano: first, four of the body, last; unfused are luma, anchor, chroma and assembly, which
    # have neither bias nor activation.
    assert count["_FusedConv2D"] == 6
    assert count["Conv2D"] == 4
    assert not {"Prelu", "Relu", "BiasAdd", "Neg", "GatherV2"} & set(count)
    assert (count["DepthToSpace"], count["ClipByValue"]) == (1, 1)


def test_the_card_describes_the_files(chain: MadeChain) -> None:
    for folder in (
        chain.student_tfjs,
        chain.folder / "teacher-tfjs",
        chain.folder / "student-onnx",
    ):
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        files = {path.name for path in folder.iterdir()} - {CARD}
        assert set(card["files"]) | set(card["other_files"]) == files
        assert set(card["other_files"]) == {"golden.json", "LICENSE.txt", "CREDITS.txt"}
        for name, described in (card["files"] | card["other_files"]).items():
            assert described["bytes"] == (folder / name).stat().st_size
            assert described["sha256"] == sha256_of(folder / name)
        assert card["agreement"]["checks"] > 0
        assert (card["scale"], card["format"]) == (2, 1)


@pytest.mark.parametrize("name", ["student", "teacher"])
def test_every_backend_equals_onnx_runtime(chain: MadeChain, name: str) -> None:
    reference = run_onnx(chain.folder / f"{name}-onnx" / "model.onnx")
    batch = np.random.default_rng(5).random((1, 3, 23, 31), dtype=np.float32)
    started = []
    for backend, run in tfjs_backends(chain.folder / f"{name}-tfjs"):
        if run is None:
            continue
        started.append(backend)
        np.testing.assert_allclose(run(batch), reference(batch), rtol=0, atol=1e-5)
    # These two need no graphics driver: every browser has them.
    assert {"cpu", "wasm"} <= set(started) <= set(TFJS_BACKENDS)


def config(chain: MadeChain, out: Path) -> ExportConfig:
    return ExportConfig(run=chain.teacher, out=out, threads=1)


def test_a_wrong_channel_order_leaves_nothing(
    chain: MadeChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shuffle pixels in TensorFlow's order, the classical mistake; no file may be left."""
    right = form.to_onnx

    def wrong(network: Network) -> onnx.ModelProto:
        model = right(network)
        for node in model.graph.node:
            for attribute in node.attribute:
                if attribute.name == "mode" and attribute.s == b"CRD":
                    attribute.s = b"DCR"
        return model

    monkeypatch.setattr(form, "to_onnx", wrong)
    # One backend: which graph was loaded does not depend on it.
    monkeypatch.setattr(browser_runtimes, "TFJS_BACKENDS", ("wasm",))
    out = tmp_path / "out"
    with pytest.raises(
        AgreementError, match=r"(TF\.js wasm|files read back), .*: error .* at y=\d+ x=\d+"
    ):
        run_export(config(chain, out), form.TFJS)
    assert list(tmp_path.iterdir()) == []


def test_the_browser_runs_one_kernel_for_each_convolution(chain: MadeChain) -> None:
    count = Counter(kernels_of(chain.student_tfjs))
    assert count["FusedConv2D"] == 6
    assert count["Conv2D"] == 4
    assert not {"Prelu", "Relu", "Add", "BiasAdd", "Transpose"} & set(count)
