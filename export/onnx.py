"""Export a run to ONNX, proved equal to the PyTorch network before it is left on disk."""

from __future__ import annotations

from export.agreement import FLOAT32_TOLERANCE, check_runtime
from export.command import ExportConfig, export_run
from export.onnx_graph import to_onnx
from export.runtimes import run_onnx, run_pytorch
from pixels.command import run_command
from pixels.progress import busy

FILE = "model.onnx"


def main(config: ExportConfig) -> None:
    """Run the command."""
    with export_run(config) as export:
        path = export.folder / FILE
        with busy("translating to ONNX"):
            path.write_bytes(to_onnx(export.network).SerializeToString())
        with busy("checking in ONNX Runtime"):
            export.results.extend(
                check_runtime(
                    "ONNX Runtime CPU",
                    run_onnx(path),
                    run_pytorch(export.network),
                    scale=export.network.scale,
                    margin_px=export.network.margin_px,
                    tolerance=FLOAT32_TOLERANCE,
                )
            )


if __name__ == "__main__":
    run_command(ExportConfig, main)
