"""Enlarge a picture, or every picture of a folder, with a trained network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from pixels.alpha import enlarge_alpha, fill_hidden
from pixels.command import UsageError, UserError, run_command
from pixels.files import ImageError, Picture, list_pictures, read_picture, write_picture
from pixels.progress import busy, console, track
from teacher.runner import Enlarger, open_enlarger
from teacher.threads import Threads, use_threads

_REACH_PX = 8  # hidden colours farther than this from an edge have no visible influence


@dataclass(frozen=True, kw_only=True)
class UpscaleConfig:
    """Settings of `python -m teacher.upscale`."""

    source: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="IN")]
    """A picture, or a folder of pictures."""
    target: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """Where to write: a file whose suffix names the format, or a folder for a folder."""
    model: str
    """A run folder, an .onnx file of ours, or `bicubic` or `lanczos` for comparison."""
    tile_px: int = 256
    """Side of the tiles in which the picture is worked on; smaller needs less memory."""
    quality: int = 90
    """Quality of lossy formats, 1 to 100."""
    threads: Threads = None
    """CPU threads; by default all that this process may use."""

    def __post_init__(self) -> None:
        if self.tile_px < 16:
            raise ValueError(f"tile-px must be at least 16 pixels, got {self.tile_px}")
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality must be 1 to 100, got {self.quality}")


def enlarge_picture(enlarger: Enlarger, picture: Picture) -> Picture:
    """Enlarge colours by the network and transparency, if there is any, by bicubic."""
    if picture.alpha is None:
        return Picture(rgb=enlarger.enlarge(picture.rgb), alpha=None)
    visible = fill_hidden(picture.rgb, picture.alpha, reach_px=_REACH_PX)
    return Picture(
        rgb=enlarger.enlarge(visible), alpha=enlarge_alpha(picture.alpha, enlarger.scale)
    )


def main(config: UpscaleConfig) -> None:
    """Run the command."""
    use_threads(config.threads)
    enlarger = open_enlarger(config.model, tile_px=config.tile_px)
    if config.source.is_dir():
        _enlarge_folder(enlarger, config)
        return
    if config.source.resolve() == config.target.resolve():
        raise UsageError(f"{config.target} is the source itself: name another file")
    with busy(f"enlarging {config.source.name}"):
        picture = enlarge_picture(enlarger, read_picture(config.source))
        write_picture(config.target, picture, quality=config.quality)
    height, width = picture.size
    console.print(f"wrote {config.target}, {width}x{height} pixels")


def _enlarge_folder(enlarger: Enlarger, config: UpscaleConfig) -> None:
    """Enlarge all pictures; one that cannot be read is told at the end and stops nothing."""
    if config.target.is_file():
        raise UsageError(f"{config.target} is a file: a folder needs a folder to write to")
    if config.target.resolve().is_relative_to(config.source.resolve()):
        raise UsageError(f"{config.target} lies in {config.source}: name a folder outside it")
    failures = []
    pictures = list_pictures(config.source)
    for path in track(pictures, "enlarging"):
        target = config.target / path.relative_to(config.source)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            picture = enlarge_picture(enlarger, read_picture(path))
            write_picture(target, picture, quality=config.quality)
        except ImageError as error:
            failures.append(str(error))
    console.print(f"wrote {len(pictures) - len(failures)} pictures to {config.target}")
    if failures:
        raise UserError("; ".join(failures))


if __name__ == "__main__":
    run_command(UpscaleConfig, main)
