"""Publish smaller photos, and enlarge pictures, from Python; the command `halfsize` does the same.

    import halfsize

    larger = halfsize.load("small-fine").upscale(pixels)  # uint8 (height, width, 3)
    manifest = halfsize.publish("photos", "site/media", screen="phone")

Nothing is imported before it is needed: `import halfsize` takes no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from halfsize.upscaler import Upscaler

__all__ = ["load", "publish"]


def load(model: str | Path, *, tile_px: int = 256) -> Upscaler:
    """Load a network that enlarges pictures.

    Args:
        model: The name of released weights, as `small-fine`; a run folder; an .onnx file that
            halfsize wrote; an export folder; or `bicubic` or `lanczos`.
        tile_px: Side of the tiles that a picture is processed in; smaller ones need less memory.

    Raises:
        plumbing.command.UserError: There is no such network, or it is damaged.
        ModuleNotFoundError: It needs an extra; the message says which.
    """
    from halfsize.upscaler import Upscaler

    return Upscaler(str(model), tile_px=tile_px)


def publish(
    photos: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    model: str | Path | Sequence[str | Path] | None = None,
    **settings: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Publish photos: the smallest file of each that looks right, and the HTML for it.

    It starts processes: a script that calls it keeps its own work under
    `if __name__ == "__main__":`.

    Args:
        photos: A folder, a photo, or several of both.
        out: Folder of the published site; an existing one is updated.
        model: Names of released students, or export folders for browsers; by default `small-fine`
            and `small-fine-3-2`.
        settings: Flags of `halfsize publish`, with underscores: `screen="phone"`, `jobs=2`.

    Returns:
        The manifest: docs/reference/manifest.md explains its fields.

    Raises:
        ValueError: A setting is out of range.
        TypeError: There is no such setting.
        plumbing.command.UserError: Something is missing or damaged; a photo only with
            `strict=True`, or if no photo can be published. The manifest has `errors`.
    """
    from halfsize.publishing import publish_all

    return publish_all(photos, out, model, settings)
