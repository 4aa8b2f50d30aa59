"""The flicker table of docs/experiments/animations.md: python -m tools.measure_flicker."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from skimage import data

from pixels.animation.files import write_animation
from pixels.resize import resize
from tests.made.animations import animation, seen_by_pillow


def main() -> None:
    """Print the table."""
    frames = []
    for number in range(10):
        canvas = np.array(data.coffee()[:200, :300])
        canvas[60:120, 20 * number : 20 * number + 60] = data.astronaut()[40:100, 190:250]
        frames.append(resize(canvas, (400, 600)))
    opaque = np.full((400, 600), 255, np.uint8)
    moving = animation([np.dstack([frame, opaque]) for frame in frames])
    images = [Image.fromarray(frame) for frame in frames]
    first = images[0].quantize(256)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_animation(folder / "halfsize.gif", moving)
        write_animation(folder / "halfsize.webp", moving, quality=90)
        files: tuple[tuple[str, list[Image.Image], dict[str, Any]], ...] = (
            ("first-palette.gif", [image.quantize(palette=first) for image in images], {}),
            ("pillow.gif", images, {}),
            ("pillow.webp", images, {"quality": 90}),
        )
        for file, pictures, options in files:
            rest = pictures[1:]
            pictures[0].save(folder / file, save_all=True, append_images=rest, loop=0, **options)
        for path in sorted(folder.iterdir()):
            report(path, frames)


def report(path: Path, frames: list[np.ndarray]) -> None:
    """Print one row: size, error, and how much frames change where the original does not."""
    shown = [canvas[..., :3].astype(int) for canvas in seen_by_pillow(path)]
    changes = []
    for number in range(len(frames) - 1):
        same = (frames[number] == frames[number + 1]).all(axis=2)
        changes.append(np.abs(shown[number] - shown[number + 1])[same])
    error = np.mean([(a - b) ** 2 for a, b in zip(shown, frames, strict=True)])
    print(
        f"{path.name:20} flicker {np.mean([change.mean() for change in changes]):.2f}"
        f" ({max(int(change.max()) for change in changes)})"
        f"  {10 * np.log10(255**2 / error):.2f} dB  {path.stat().st_size / 1000:.0f} KB"
    )


if __name__ == "__main__":
    main()
