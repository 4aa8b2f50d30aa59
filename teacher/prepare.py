"""Prepare a store of photos for training; skip those that would hurt it, and report why.

Skipped are unreadable files, small pictures, illustrations (and diagrams, screenshots, text),
pictures that were enlarged or heavily compressed, and near-duplicates. The rest is split 80/10/10
into training, validation and test by content: adding photos later moves none of them.

A stopped command continues when it is given again; with more photos it only processes the new ones.
Look at DIR/contact-sheet.png; DIR/report.csv and report.json list the verdict on every file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import get_args

import tyro

from pixels.scale import HALF, Scale, scale_json
from pixels.sending.degrade import Sending
from pixels.stills.files import ImageError, read_picture
from pixels.stills.listing import list_pictures, note_of_several
from pixels.store.build import load_pairs
from pixels.store.shards import SHARDS, SPLITS, ShardWriter, read_photos, split_of, write_index
from pixels.store.store import PhotoStore, SkippedPhoto
from pixels.store.web_layer import VARIANTS, WEB, add_web_layer
from pixels.survey.contact_sheet import Section, write_contact_sheet
from pixels.survey.survey import Judged, Limits, Verdict, judge, survey
from plumbing.command import UserError, continuing, run_command
from plumbing.disk import whole_file, write_csv
from plumbing.names import as_text
from plumbing.parallel import core_count, in_order
from plumbing.progress import busy, console, track

_SHOWN_KEPT = 48
_SHOWN_LEFT_OUT = 24
SHORT_SIDES = (512, 384, 272)
"""Chosen by measurement: docs/decisions/0022."""
_SMALLEST_SIDE_PX = 128


@dataclass(frozen=True, kw_only=True)
class PrepareConfig:
    """Settings of `python -m teacher.prepare`."""

    photos: tyro.conf.Positional[tuple[Path, ...]]
    """Folders, photo files, and text files with one path per line."""
    store: Path
    """Folder of the store; an existing store is completed or extended."""
    scale: Scale = HALF
    """Scale of the networks to train: inputs are this many times smaller than photos."""
    short_sides: tuple[int, ...] = SHORT_SIDES
    """Shorter sides, in pixels, that photos are reduced to before they are stored: one copy per
    size for training, only the largest for validation and test. Photos are never enlarged; with no
    sizes they are stored unreduced. Reduced photos are sharper per pixel, as pictures on web pages
    are."""
    variants: int = VARIANTS
    """Encoded variants of each training photo, for a training on compressed photos; with 0 the
    first such training makes them."""
    sending: Sending = WEB
    """How the variants are encoded: for that --degradation of a training."""
    limits: tyro.conf.OmitArgPrefixes[Limits] = field(default_factory=Limits)
    workers: int | None = None
    """Number of processes; by default one per available CPU core."""

    def __post_init__(self) -> None:
        if any(side < _SMALLEST_SIDE_PX for side in self.short_sides):
            raise ValueError(
                f"short-sides must be at least {_SMALLEST_SIDE_PX} pixels, got "
                f"{min(self.short_sides)}"
            )
        if self.variants < 0 or (self.workers is not None and self.workers < 1):
            raise ValueError("variants must be at least 0 and workers at least 1")


@continuing()
def main(config: PrepareConfig) -> None:
    """Run the command."""
    folder, workers = config.store, config.workers or core_count()
    paths = find_photos(config.photos, without=folder)
    _claim(folder, config)
    stored = _stored(folder)
    # Photos stored earlier are judged again, so that new duplicates of them are recognised.
    measured = survey(paths, folder / "journal.jsonl", stored, workers=workers)
    judged = judge(measured, config.limits, list(stored))
    if note := note_of_several(_kept_in_part(judged)):
        console.print(note, style="yellow", highlight=False, soft_wrap=True)
    _store_kept(config, judged, stored, workers)
    if not _stored(folder):
        _report(folder, judged)
        raise UserError(
            f"none of the {len(paths)} files can be used ({_counts(judged)}): see "
            f"{folder / 'report.csv'}"
        )
    write_index(folder, scale=config.scale)
    _report(folder, judged)
    training = PhotoStore(folder, "train")
    if config.variants and training.photos:
        add_web_layer(
            training,
            config.variants,
            sending=config.sending,
            workers=workers,
            processes=workers > 1,
        )
    sizes = ", ".join(f"{PhotoStore(folder, split).file_count} {split}" for split in SPLITS)
    console.print(f"{_counts(judged)}\nwrote {folder} ({sizes})")


def find_photos(named: Sequence[Path], *, without: Path | None = None) -> list[Path]:
    """List the photos in folders and text files, each once, in a fixed order.

    Args:
        named: Folders, photos, and text files of paths.
        without: A folder that is left out of the others: a store has a contact sheet.

    Raises:
        UserError: A name is missing, a folder holds no pictures, or a text file cannot be read.
    """
    found: dict[Path, None] = {}
    for name in named:
        if name.is_dir() or not name.exists():
            if not name.exists():
                raise UserError(f"{name}: there is no such folder, photo or text file of paths")
            listed = list_pictures(name, without=[] if without is None else [without], whole=True)
        elif _is_list(name):
            listed = _read_list(name)
        else:
            listed = [name]
        found |= {path.absolute(): None for path in listed}
    return list(found)


def _is_list(path: Path) -> bool:
    try:
        read_picture(path)
    except ImageError:
        return path.suffix.lower() in (".txt", ".list", ".lst", "")
    return False


def _read_list(path: Path) -> list[Path]:
    try:
        # File names are bytes: those of a list need not be UTF-8.
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
        if "\0" in text:
            raise ValueError("binary")
        lines = [line.strip() for line in text.splitlines()]
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: is neither a photo nor a text file of paths") from error
    # Relative paths are relative to the list.
    paths = [path.parent / line for line in lines if line and not line.startswith("#")]
    if not paths:
        raise UserError(f"{path}: lists no photos; expected one path per line")
    return paths


def _claim(folder: Path, config: PrepareConfig) -> None:
    """Create the folder of the store; refuse one with other settings or other contents."""
    settings = {
        "scale": scale_json(config.scale),
        "short_sides": list(config.short_sides),
        "variants": config.variants,
        **asdict(config.limits),
    }
    path = folder / "settings.json"
    if folder.is_dir() and any(folder.iterdir()) and not path.is_file():
        raise UserError(f"{folder} holds something else: give a new folder as --store")
    folder.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            differing = [name for name in settings if stored.get(name) != settings[name]]
        except (ValueError, AttributeError) as error:
            raise UserError(f"{path} is damaged: delete {folder} and start again") from error
        if differing:
            raise UserError(
                f"{folder} was prepared with other settings ({', '.join(differing)}): give the "
                "same settings, or another --store"
            )
        return
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(settings, indent=1), encoding="utf-8")


def _stored(folder: Path) -> dict[str, str]:
    """Return the photos of all complete shards: sha256 to name."""
    shards = sorted(path for path in (folder / SHARDS).glob("*-*") if path.name[0] != ".")
    return {photo.sha256: photo.name for shard in shards for photo in read_photos(shard)}


def _store_kept(
    config: PrepareConfig, judged: Sequence[Judged], stored: dict[str, str], workers: int
) -> None:
    kept = [entry.file for entry in judged if entry.verdict == "kept"]
    for split in SPLITS:
        fresh = [
            file for file in kept if file.sha256 not in stored and split_of(file.sha256) == split
        ]
        # Validation and test measure each photo once, at the largest size.
        shorter = config.short_sides if split == "train" else sorted(config.short_sides)[-1:]
        load = partial(load_pairs, scale=config.scale, short_sides=shorter)
        paths = [Path(file.path) for file in fresh]
        loaded = in_order(load, paths, workers=min(workers, len(paths) or 1), processes=True)
        with ShardWriter(config.store, split) as writer:
            for file, pairs in zip(track(fresh, f"storing for {split}"), loaded, strict=True):
                if isinstance(pairs, SkippedPhoto):  # it was readable a moment ago
                    console.print(f"skipped: {pairs.reason}", style="yellow")
                else:
                    writer.add(Path(file.path).name, file.sha256, *pairs)


def _kept_in_part(judged: Sequence[Judged]) -> dict[Path, int]:
    kept = [entry.file for entry in judged if entry.verdict == "kept"]
    return {Path(file.path): file.pages for file in kept if file.pages > 1}


def _counts(judged: Sequence[Judged]) -> str:
    counts = Counter(entry.verdict for entry in judged)
    return ", ".join(f"{counts[name]} {name}" for name in get_args(Verdict) if counts[name])


def _report(folder: Path, judged: Sequence[Judged]) -> None:
    rows = [
        {
            "path": entry.file.path,
            "verdict": entry.verdict,
            "reason": entry.reason,
            "split": split_of(entry.file.sha256) if entry.verdict == "kept" else "",
            "width": entry.file.width,
            "height": entry.file.height,
        }
        for entry in judged
    ]
    write_csv(folder / "report.csv", list(rows[0]), rows)
    counts = dict(Counter(entry.verdict for entry in judged).most_common())
    with whole_file(folder / "report.json") as temporary:
        content = as_text(
            json.dumps({"counts": counts, "files": rows}, indent=1, ensure_ascii=False)
        )
        temporary.write_text(content, encoding="utf-8")
    with busy("drawing the contact sheet"):
        write_contact_sheet(folder / "contact-sheet.png", _sections(judged))


def _sections(judged: Sequence[Judged]) -> list[Section]:
    sections = []
    for verdict in (*get_args(Verdict)[1:], "kept"):
        entries = [entry for entry in judged if entry.verdict == verdict]
        most = _SHOWN_KEPT if verdict == "kept" else _SHOWN_LEFT_OUT
        step = max(1, -(-len(entries) // most))
        if entries:
            shown = entries[::step]
            note = f"{len(shown)} of {len(entries)}" if step > 1 else f"{len(entries)}"
            captions = [
                (Path(e.file.path), e.reason or f"{e.file.width}x{e.file.height}") for e in shown
            ]
            sections.append(Section(title=verdict, note=note, entries=captions))
    return sections


if __name__ == "__main__":
    run_command(PrepareConfig, main)
