"""Write reductions.json: reductions by exactly 2/3 and 3/4 by another program than ours.

    pip install --target FOLDER resize-right==0.0.2
    PYTHONPATH=FOLDER python tests/golden/make_reductions.py

ResizeRight (Assaf Shocher) computes MATLAB's `imresize` on its own: Keys' cubic, antialiased, with
edges mirrored. It gives floats; here, as in MATLAB, each axis is rounded to bytes, halves up.
"""

import json
from pathlib import Path

import numpy as np
from resize_right import interp_methods, resize_right  # pyright: ignore[reportMissingImports]

# Height, width, and how many pixels are kept of how many. No exact value lies half-way between two
# bytes: floats would fall to either side.
CASES = [(12, 15, 2, 3), (18, 12, 2, 3), (12, 16, 3, 4), (8, 20, 3, 4)]


def reduced(image: np.ndarray, axis: int, length: int) -> np.ndarray:
    factors = [length / image.shape[0], 1] if axis == 0 else [1, length / image.shape[1]]
    values = resize_right.resize(
        image.astype(np.float64),
        factors,
        interp_method=interp_methods.cubic,
        antialiasing=True,
        pad_mode="symmetric",
    )
    return np.floor(values.clip(0, 255) + 0.5).astype(np.uint8)


def main() -> None:
    cases = []
    for seed, (height, width, kept, of) in enumerate(CASES):
        image = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
        rows_first = reduced(image, 0, height * kept // of)
        result = reduced(rows_first, 1, width * kept // of)
        cases.append({"input": image.tolist(), "reduced": result.tolist()})
    lines = ",\n".join(json.dumps(case) for case in cases)
    path = Path(__file__).with_name("reductions.json")
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
