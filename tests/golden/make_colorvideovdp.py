"""Write colorvideovdp.json: what the package `cvvdp` says of pictures that tests make.

In an environment of its own, with this project's packages (torchvision does not load beside a CPU
build of torch, and what reads videos is not needed):

    pip install -r requirements.lock
    pip install --no-deps cvvdp==0.5.7 einops ffmpeg-python future
    python tests/golden/make_colorvideovdp.py

Run it only for another version of the package, whose constants then go into
`pixels/quality/colorvideovdp.json`.
"""

import importlib.metadata
import importlib.util
import json
import sys
import types
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parents[2]))

from pixels.quality.screens import DESKTOP, PHONE, Screen, screen_of
from tests.pixels.quality.distortions import DISTORTIONS, Picture, judged_pictures

SCREENS = [DESKTOP, PHONE, screen_of(20.0), screen_of(200.0)]
DIM = Screen(name="dim", pixels_per_degree=60.0, peak_cd_m2=80.0, contrast=300.0, ambient_lux=40.0)


class GaussianBlur(torch.nn.Module):
    """The blur of torchvision: a square kernel, mirrored edges."""

    def __init__(self, side_px: int, sigma_px: float) -> None:
        super().__init__()
        distance = torch.arange(side_px) - side_px // 2
        weights = torch.exp(-0.5 * (distance / sigma_px) ** 2)
        weights = weights / weights.sum()
        self._kernel = (weights[:, None] * weights[None, :])[None, None]
        self._padding = [side_px // 2] * 4

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        """Blur (batch, 1, height, width)."""
        return F.conv2d(F.pad(planes, self._padding, mode="reflect"), self._kernel)


def load_package() -> types.ModuleType:
    """Import the metric without the package's own start, which imports everything."""
    transforms: Any = types.ModuleType("torchvision.transforms")
    transforms.GaussianBlur = GaussianBlur
    sys.modules["torchvision"] = types.ModuleType("torchvision")
    sys.modules["torchvision.transforms"] = transforms
    found = importlib.util.find_spec("pycvvdp")
    if found is None or found.submodule_search_locations is None:
        raise SystemExit("error: the package cvvdp is not installed: see this file's first lines")
    package = types.ModuleType("pycvvdp")
    package.__path__ = list(found.submodule_search_locations)
    sys.modules["pycvvdp"] = package
    return importlib.import_module("pycvvdp.cvvdp_metric")


def jod(metric: Any, shown: Picture, picture: Picture) -> float:  # noqa: ANN401
    """Score a picture by the package."""
    with torch.no_grad():
        return round(float(metric.predict(shown, picture, dim_order="HWC")[0]), 5)


def main() -> None:
    """Score everything by the package."""
    metric_module = load_package()
    display = importlib.import_module("pycvvdp.display_model")
    pictures = judged_pictures()
    screens = []
    for screen in [*SCREENS, DIM]:
        metric = metric_module.cvvdp(
            display_photometry=display.vvdp_display_photo_eotf(
                screen.peak_cd_m2,
                contrast=screen.contrast,
                E_ambient=screen.ambient_lux,
                k_refl=screen.reflectivity,
            ),
            display_geometry=display.vvdp_display_geometry(
                (1920, 1080), ppd=screen.pixels_per_degree
            ),
            device=torch.device("cpu"),
        )

        scores = {
            name: {
                title: jod(metric, distort(picture), picture)
                for title, distort in DISTORTIONS.items()
            }
            for name, picture in pictures.items()
        }
        screens.append({"screen": asdict(screen), "jod": scores})
    version = importlib.metadata.version("cvvdp")
    path = Path(__file__).with_name("colorvideovdp.json")
    path.write_text(json.dumps({"version": version, "screens": screens}, indent=1) + "\n", "utf-8")
    print(f"{len(screens)} screens in {path}")


if __name__ == "__main__":
    main()
