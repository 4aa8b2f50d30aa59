"""The x8 self-ensemble."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pixels.tensors import to_bytes, to_float
from teacher.enlarging.ensemble import self_ensemble
from teacher.enlarging.runner import open_enlarger
from teacher.runs.folder import load_network
from tests.made.photos import noise, photo


def batch(height: int = 5, width: int = 8) -> NDArray[np.float32]:
    return to_float(noise(height, width)).numpy()


def test_what_knows_no_direction_is_not_changed() -> None:
    def repeated(image: NDArray[np.float32]) -> NDArray[np.float32]:
        return image.repeat(2, axis=2).repeat(2, axis=3)

    np.testing.assert_allclose(self_ensemble(repeated)(batch()), repeated(batch()), atol=1e-7)


def test_all_eight_orientations_are_seen_once_and_turned_back() -> None:
    seen = []

    def marked(image: NDArray[np.float32]) -> NDArray[np.float32]:
        seen.append(image)
        return image * np.float32(len(seen))

    image = batch()
    result = self_ensemble(marked)(image)
    np.testing.assert_allclose(result, image * 4.5, rtol=1e-6)  # (1 + 2 + ... + 8) / 8
    assert len({part.tobytes() + bytes(part.shape) for part in seen}) == 8
    assert sorted({part.shape for part in seen}) == [(1, 3, 5, 8), (1, 3, 8, 5)]


def test_a_direction_that_a_network_prefers_is_averaged_out() -> None:
    def shifted(image: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.roll(image, 1, axis=3)

    image = batch()
    around = [np.roll(image, step, axis) for axis in (2, 3) for step in (1, -1)]
    np.testing.assert_allclose(self_ensemble(shifted)(image), np.mean(around, axis=0), atol=1e-6)


def test_tiles_give_what_the_whole_gives(tiny_run: Path) -> None:
    image = photo(60, 47)
    enlarger = open_enlarger(str(tiny_run), tile_px=24, ensemble=True)
    network, _ = load_network(tiny_run)

    def run(part: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return network(torch.from_numpy(part)).numpy()

    whole = to_bytes(torch.from_numpy(self_ensemble(run)(to_float(image).numpy())))
    # Sums in another order may fall to either side of a half.
    assert np.abs(enlarger.enlarge(image).astype(int) - whole).max() <= 1
    assert enlarger.name == f"{tiny_run.name}+"
