"""How large a report shows a picture, so that its reader sees it as on another screen.

A picture covers so many degrees of a reader's view. A CSS pixel covers about as much of it on every
screen, since browsers count several device pixels to one where those are small.
"""

from __future__ import annotations

from pixels.quality.screens import DESKTOP, LAPTOP, PHONE, Screen

_DEVICE_PIXELS = {1: DESKTOP, 2: LAPTOP, 3: PHONE}
"""How many device pixels a CSS pixel has on each side, on each of the screens."""


def _css() -> str:
    rules = []
    for count, screen in _DEVICE_PIXELS.items():
        rule = f":root {{ --per-degree: {screen.pixels_per_degree / count:.6g}; }}"
        if count > 1:
            rule = f"@media (min-resolution: {count - 0.5:g}dppx) {{ {rule} }}"
        rules.append(rule)
    side = "var(--px) / var(--of-degree) * var(--per-degree) * var(--closer, 1) * 1px"
    return "\n".join([*rules, f".seen {{ --seen: calc({side}); }}", ""])


CSS = _css()
"""The style sheet's rules: inside of what has `style`, a width of `--seen` is the size seen; there
`--closer` enlarges.

A reader who has the very screen sees one pixel of the picture on one of the screen. On any other,
the picture covers as many degrees as on that one.
"""


def style(width_px: int, screen: Screen | None) -> str:
    """Return the attribute `style` of an element with the class `seen`.

    Args:
        width_px: Width of the picture.
        screen: Where it is seen; None is a desktop, whose pixels are those of CSS.
    """
    return f"--px: {width_px}; --of-degree: {(screen or DESKTOP).pixels_per_degree:g}"
