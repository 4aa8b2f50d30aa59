"""Enlarge a picture, an animation, or a folder of both with a trained network.

Animations (GIF, APNG, WebP) keep their frames, timing, number of plays and transparency, even when
their format changes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import tyro

from pixels.animation.files import ANIMATED_SUFFIXES, read_animation, write_animation
from pixels.animation.frames import Animation, Frame
from pixels.picture import Picture
from pixels.scale import HALF, OptionalScale, enlarged_size
from pixels.stills.files import read_exif, read_picture, write_bands
from pixels.stills.formats import WRITABLE, FormatError
from pixels.stills.listing import list_pictures
from pixels.stills.several import pictures_in
from plumbing.command import UsageError, UserError, run_command
from plumbing.names import fitted
from plumbing.progress import busy, console, progress_bar, track
from plumbing.threads import Threads, use_threads
from teacher.enlarging.pictures import AnimationEnlarger, enlarge_picture, enlarged_bands
from teacher.enlarging.runner import Enlarger, open_enlarger


@dataclass(frozen=True, kw_only=True)
class UpscaleConfig:
    """Settings of `python -m teacher.upscale`."""

    source: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="IN")]
    """A picture, an animation, or a folder of both."""
    target: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """Output: a file whose suffix sets the format, or for a folder another folder."""
    model: str
    """Name of a released model, a run folder, an export folder, an .onnx file, or `bicubic` or
    `lanczos` for comparison."""
    scale: OptionalScale = None
    """Ratio of output to input size for `bicubic` and `lanczos`, by default 2; a network has its
    own."""
    suffix: str | None = None
    """For a folder: write all files in this format, as in `.webp`; by default each file keeps its
    format, or becomes .png if that format cannot be written or cannot hold the picture."""
    ensemble: bool = False
    """Average the network's output over all eight flips and rotations: eight times slower, slightly
    better."""
    tile_px: int = 256
    """Side of the tiles that the picture is processed in; smaller tiles need less memory."""
    quality: int = 90
    """Encoder quality of lossy formats, 1 to 100."""
    keep_metadata: bool = False
    """Keep the EXIF of stills: date, camera, place, author. The turn is applied, and left out."""
    threads: Threads = None
    """CPU threads; by default all that are available to this process."""

    def __post_init__(self) -> None:
        if self.tile_px < 16:
            raise ValueError(f"tile-px must be at least 16 pixels, got {self.tile_px}")
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality must be 1 to 100, got {self.quality}")
        if self.suffix is not None and not _can_write(self.suffix):
            known = " ".join(dict.fromkeys([*WRITABLE, *ANIMATED_SUFFIXES]))
            raise ValueError(f"suffix must be one of {known}, got {self.suffix}")


@dataclass(frozen=True)
class _Result:
    sentence: str
    noteworthy: bool = False
    """Whether to print it even for one file of many."""


def main(config: UpscaleConfig) -> None:
    """Run the command."""
    use_threads(config.threads)
    enlarger = open_enlarger(
        config.model,
        plain_scale=config.scale or HALF,
        tile_px=config.tile_px,
        ensemble=config.ensemble,
    )
    if config.scale not in (None, enlarger.scale):
        raise UsageError(
            f"--scale {config.scale} is for bicubic and lanczos: {config.model} enlarges "
            f"x{enlarger.scale}"
        )
    if config.source.is_dir():
        _enlarge_folder(enlarger, config)
        return
    if config.suffix is not None:
        raise UsageError("--suffix is for folders: for a file, name the target with its suffix")
    if config.source.resolve() == config.target.resolve():
        raise UsageError(f"{config.target} is the source itself: name another file")
    result = _enlarge_file(enlarger, config.source, config.target, config)
    console.print(result.sentence, soft_wrap=True)


def _enlarge_file(
    enlarger: Enlarger, source: Path, target: Path, config: UpscaleConfig, *, alone: bool = True
) -> _Result:
    """Enlarge one still or animation.

    Args:
        enlarger: The enlarger.
        source: File to read.
        target: File to write.
        config: How to write it.
        alone: Whether to show progress: only one bar can be shown at a time.

    Raises:
        ImageError: A file cannot be read or written.
    """
    animation = read_animation(source)
    if animation is None:
        with busy(f"enlarging {source.name}") if alone else nullcontext():
            sentence = _enlarge_still(enlarger, read_picture(source), source, target, config)
        pages = pictures_in(source)
        if pages == 1:
            return _Result(sentence)
        return _Result(f"{sentence}: only the first of {pages} pages or frames of {source}", True)
    if target.suffix.lower() not in ANIMATED_SUFFIXES:
        first = next(animation.frames()).picture
        sentence = _enlarge_still(enlarger, first, source, target, config)
        kinds = " ".join(ANIMATED_SUFFIXES)
        count = animation.count
        return _Result(
            f"{sentence}: the first of {count} frames of {source}; use {kinds} for all", True
        )
    with _frame_bar(source.name, animation.count, alone) as progressed:
        working = AnimationEnlarger(enlarger, progressed)
        larger = working.enlarge(animation)
        write_animation(target, larger, quality=config.quality)
    height, width = larger.size
    return _Result(
        f"wrote {target}, {width}x{height} pixels, {animation.count} frames"
        f" ({working.computed} computed)"
    )


def _enlarge_still(
    enlarger: Enlarger, picture: Picture, source: Path, target: Path, config: UpscaleConfig
) -> str:
    exif = read_exif(source) if config.keep_metadata else b""
    height, width = enlarged_size(picture.size, enlarger.scale)
    if target.suffix.lower() == ".gif":
        if exif:
            raise FormatError(f"{target}: GIF cannot keep metadata; use .jpg .png .webp .avif .tif")
        larger = enlarge_picture(enlarger, picture)
        frame = Frame(picture=larger, seconds=Fraction(0))
        still = Animation(size=(height, width), count=1, plays=1, frames=lambda: iter([frame]))
        write_animation(target, still)
    else:
        bands = enlarged_bands(enlarger, picture)
        write_bands(
            target,
            (height, width),
            bands,
            has_alpha=picture.alpha is not None,
            quality=config.quality,
            exif=exif,
        )
    return f"wrote {target}, {width}x{height} pixels"


def _enlarge_folder(enlarger: Enlarger, config: UpscaleConfig) -> None:
    """Enlarge all pictures; report the unreadable ones at the end without stopping for them."""
    if config.target.is_file():
        raise UsageError(f"{config.target} is a file: a folder needs a folder to write to")
    if config.target.resolve().is_relative_to(config.source.resolve()):
        raise UsageError(f"{config.target} is inside {config.source}: name a folder outside it")
    failures, notes = [], []
    pictures = list_pictures(config.source, whole=True)
    targets = _Targets(pictures, config)
    for path in track(pictures, "enlarging"):
        try:
            result = targets.enlarge(enlarger, path)
        except UserError as error:
            failures.append(str(error))
        # Whatever a picture does to a decoder or encoder, the others are enlarged.
        except OSError:
            raise
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            failures.append(f"{path}: failed unexpectedly ({reason}); please report it")
        else:
            if result.noteworthy:
                notes.append(result.sentence)
    for note in notes:
        console.print(note, soft_wrap=True)
    console.print(
        f"wrote {len(pictures) - len(failures)} pictures to {config.target}", soft_wrap=True
    )
    if failures:
        raise UserError("; ".join(failures))


class _Targets:
    """A file for each picture of a folder, no two of them the same."""

    def __init__(self, pictures: Sequence[Path], config: UpscaleConfig) -> None:
        self._config = config
        self._names = {path: self._converted(path, config.suffix) for path in pictures}
        kept = [path for path, target in self._names.items() if self._keeps_its_name(path)]
        self._taken = {self._key(self._names[path]) for path in kept}
        for path in pictures:
            if not self._keeps_its_name(path):
                self._names[path] = self._free(path, self._names[path].suffix)

    def enlarge(self, enlarger: Enlarger, path: Path) -> _Result:
        """Enlarge one picture: in its own format, or as PNG if that cannot hold the result.

        Raises:
            ImageError: It cannot be read or written.
        """
        target, config = self._names[path], self._config
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _enlarge_file(enlarger, path, target, config, alone=False)
        except FormatError:
            if config.suffix is not None:
                raise
            other = self._free(path, ".png")
            result = _enlarge_file(enlarger, path, other, config, alone=False)
            return _Result(f"{result.sentence}: {target.suffix} cannot hold it", True)

    def _keeps_its_name(self, path: Path) -> bool:
        return self._names[path].suffix == path.suffix

    def _converted(self, path: Path, suffix: str | None) -> Path:
        target = self._config.target / path.relative_to(self._config.source)
        if suffix is None and _can_write(path.suffix):
            return target
        return target.with_suffix(suffix or ".png")

    def _free(self, path: Path, suffix: str) -> Path:
        """Take a name with another suffix: `a.png` for `a.jp2`, or `a.jp2.png` if that is taken."""
        plain = self._converted(path, suffix)
        longer = [plain.with_name(fitted(f"{path.name}{suffix}"))]
        longer += [
            plain.with_name(fitted(f"{path.name}-{number}{suffix}")) for number in range(2, 100)
        ]
        free = next(target for target in (plain, *longer) if self._key(target) not in self._taken)
        self._taken.add(self._key(free))
        return free

    def _key(self, target: Path) -> str:
        """Give equal keys to names that some file systems take for one."""
        return unicodedata.normalize("NFC", str(target)).casefold()


def _can_write(suffix: str) -> bool:
    return suffix.lower() in WRITABLE or suffix.lower() in ANIMATED_SUFFIXES


@contextmanager
def _frame_bar(name: str, count: int, shown: bool) -> Iterator[Callable[[], None]]:
    """Yield a function to call after each frame."""
    if not shown:
        yield lambda: None
        return
    with progress_bar() as progress:
        task = progress.add_task(f"enlarging {name}", total=count, note="")
        yield lambda: progress.advance(task)


if __name__ == "__main__":
    run_command(UpscaleConfig, main)
