"""Write tiling.json, which keeps the tile plans in Python and TypeScript the same.

    python tests/golden/make_tiling.py

Run it only when the rule itself changes, and review the difference: the file is the rule.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pixels.tiling import plan_spans

CASES = [
    *((length, 64, 8) for length in (1, 63, 64, 65, 111, 112, 113, 1000)),
    (5, 3, 1),
    (100, 1, 0),
    (7, 2, 0),
    (37, 17, 8),
    (53, 17, 8),
    (6000, 256, 8),
    (769, 256, 35),
    (101, 48, 12, 4),
    (100, 36, 8, 4),
    (50, 30, 6, 3),
    # Networks of 3/2 and 4/3, whose pictures are multiples of their blocks.
    *((length, 16, 4, 2) for length in (2, 16, 18, 64, 1000)),
    *((length, 24, 9, 3) for length in (3, 24, 27, 72, 999)),
    (6000, 256, 16, 2),
]


def main() -> None:
    cases = []
    for length, tile, margin, *rest in CASES:
        align = rest[0] if rest else 1
        spans = [
            [span.read_start, span.read_end, span.keep_start, span.keep_end]
            for span in plan_spans(length, tile, margin, align)
        ]
        case = {"length": length, "tile": tile, "margin": margin}
        cases.append(case | ({"align": align} if rest else {}) | {"spans": spans})
    lines = ",\n".join(json.dumps(case) for case in cases)
    Path(__file__).with_name("tiling.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
