"""Hostile files, made by mutation: no traceback, no hang, and every file is accounted for.

`make test` takes a hundred of them through the commands, `make test-heavy` more than a thousand.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pixels.stills.listing import look_through
from tests.made.commands import command_here
from tests.made.photos import photo
from tests.made.profiles import P3, rgb_profile
from tests.made.students import write_bilinear_student
from tests.missing import require_page_library

SIDE_PX = 24
NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def seeds() -> dict[str, bytes]:
    """Good files of every kind that is read, with everything that a reader has to look at."""
    image, other = (Image.fromarray(photo(SIDE_PX, SIDE_PX, seed)) for seed in (1, 2))
    clear = image.copy()
    clear.putalpha(Image.linear_gradient("L").resize(image.size))
    grey, palette = image.convert("L"), image.quantize(16)
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    exif, text = Image.Exif(), PngInfo()
    exif[0x0112], exif[0x010F] = 6, "camera"
    text.add_text("key", "value", zip=True)
    profile = rgb_profile(P3, 2.2)
    several = {"save_all": True, "append_images": [other, image], "duration": 40}
    return {
        "plain.jpg": encoded(image, "JPEG", quality=80, exif=exif, icc_profile=profile),
        "progressive.jpg": encoded(image, "JPEG", progressive=True),
        "cmyk.jpg": encoded(image.convert("CMYK"), "JPEG"),
        "grey.jpg": encoded(grey, "JPEG", comment=b"words"),
        "plain.png": encoded(image, "PNG", exif=exif, icc_profile=profile, pnginfo=text),
        "palette.png": encoded(palette, "PNG", transparency=3),
        "deep.png": encoded(deep, "PNG"),
        "moving.png": encoded(image, "PNG", **several),
        "lossy.webp": encoded(clear, "WEBP", exif=exif, icc_profile=profile),
        "lossless.webp": encoded(clear, "WEBP", lossless=True),
        "moving.webp": encoded(image, "WEBP", **several),
        "plain.avif": encoded(clear, "AVIF", speed=10, exif=exif.tobytes(), icc_profile=profile),
        "moving.avif": encoded(image, "AVIF", speed=10, **several),
        "plain.tif": encoded(image, "TIFF", exif=exif, icc_profile=profile),
        "packed.tif": encoded(clear, "TIFF", compression="tiff_lzw"),
        "jpeg.tif": encoded(image, "TIFF", compression="jpeg"),
        "deep.tif": encoded(deep, "TIFF"),
        "pages.tif": encoded(image, "TIFF", save_all=True, append_images=[other]),
        "moving.gif": encoded(palette, "GIF", **several),
        "plain.bmp": encoded(image, "BMP"),
        "plain.jp2": encoded(clear, "JPEG2000"),
        "plain.ppm": encoded(image, "PPM"),
        "plain.qoi": encoded(clear, "QOI"),
    }


def mutated(content: bytes, others: list[bytes], rng: np.random.Generator) -> bytes:
    """Damage a file in one of the ways in which files are damaged, or attack."""
    data = bytearray(content)
    at, end = sorted(int(place) for place in rng.integers(0, len(data), 2))
    match int(rng.integers(0, 8)):
        case 0:  # cut off
            del data[max(1, end) :]
        case 1:  # bits that fell over
            for place in rng.integers(0, len(data), int(rng.integers(1, 9))):
                data[place] ^= 1 << int(rng.integers(0, 8))
        case 2:  # a number at its limits, somewhere
            size = int(rng.choice([1, 2, 4]))
            number = int(rng.choice(NUMBERS)) & (256**size - 1)
            order = "big" if rng.integers(0, 2) else "little"
            data[at : at + size] = number.to_bytes(size, order)
        case 3:  # the same, in the header
            size = int(rng.choice([1, 2, 4]))
            number = int(rng.choice(NUMBERS)) & (256**size - 1)
            at = int(rng.integers(0, min(64, len(data))))
            data[at : at + size] = number.to_bytes(size, "big")
        case 4:  # a part is missing
            del data[at : min(end, at + 40)]
        case 5:  # a part is there twice
            data[at:at] = data[at : min(end, at + 200)]
        case 6:  # the end of another file
            other = others[int(rng.integers(0, len(others)))]
            data[at:] = other[int(rng.integers(0, len(other))) :]
        case _:  # noise
            data[at : at + 16] = rng.bytes(16)
    return bytes(data)


def write_hostile(folder: Path, count: int, seed: int) -> list[str]:
    """Write so many files; a tenth of them under the suffix of another kind, or none."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    good = seeds()
    kinds, names = list(good), []
    for number in range(count):
        name = kinds[number % len(kinds)]
        content = good[name]
        for _ in range(1 + int(rng.integers(0, 2))):
            content = mutated(content, list(good.values()), rng) or b"\0"
        if rng.random() < 0.1:
            name = f"other{Path(kinds[int(rng.integers(0, len(kinds)))]).suffix}"
        elif rng.random() < 0.05:
            name = "none"
        names.append(f"{number:04}-{name}")
        (folder / names[-1]).write_bytes(content)
    return names


@pytest.fixture(
    params=[
        pytest.param((100, 1), id="100"),
        pytest.param((1100, 2), id="1100", marks=[pytest.mark.heavy, pytest.mark.timeout(3600)]),
    ],
    scope="module",
)
def hostile(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, list[str]]]:
    folder = tmp_path_factory.mktemp("hostile") / "in"
    yield folder, write_hostile(folder, *request.param)


def test_good_files_are_read(tmp_path: Path) -> None:
    """Or what follows would show nothing."""
    for name, content in seeds().items():
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    done = command_here(
        *("teacher.upscale", tmp_path / "in", tmp_path / "out", "--model", "bicubic"),
    )
    assert done.status == 0, done.errors
    assert len(list((tmp_path / "out").iterdir())) == len(seeds())


def test_every_hostile_file_is_enlarged_or_named(
    hostile: tuple[Path, list[str]], tmp_path: Path
) -> None:
    folder, names = hostile
    done = command_here(
        *("teacher.upscale", folder, tmp_path / "out", "--model", "bicubic", "--threads", "1"),
    )
    assert "Traceback" not in done.errors
    assert "failed unexpectedly" not in done.errors
    made = {path.name[:4] for path in (tmp_path / "out").iterdir()}
    named = set(re.findall(r"/in/(\d{4})-", done.errors.partition("error: ")[2]))
    passed_over = {entry.path.name[:4] for entry in look_through(folder).passed_over}
    assert made | named | passed_over == {name[:4] for name in names}
    assert not made & (named | passed_over)
    assert made


def test_every_hostile_file_gets_a_verdict(hostile: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, names = hostile
    flags = ("--min-pixels", "1", "--min-side-px", "16", "--workers", "1", "--variants", "0")
    done = command_here("teacher.prepare", folder, "--store", tmp_path / "store", *flags)
    assert done.status in (0, 1), done.errors
    assert "Traceback" not in done.errors
    with (tmp_path / "store" / "report.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert not [row for row in rows if "cannot be measured" in row["reason"]]
    passed_over = {entry.path.name for entry in look_through(folder).passed_over}
    assert {Path(row["path"]).name for row in rows} == set(names) - passed_over


def test_every_hostile_file_is_published_or_named(
    hostile: tuple[Path, list[str]], tmp_path: Path
) -> None:
    require_page_library()
    folder, names = hostile
    student = write_bilinear_student(tmp_path / "student")
    done = command_here(
        *("export.publish", folder, "--out", tmp_path / "site", "--model", student),
        *("--codecs", "JPEG", "--quality", "5", "--jobs", "1", "--max-side-px", "64"),
    )
    assert done.status in (0, 1)
    assert "Traceback" not in done.errors
    manifest = json.loads((tmp_path / "site" / "manifest.json").read_text(encoding="utf-8"))
    accounted = [*manifest["photos"], *manifest["errors"]]
    assert len(accounted) == len(set(accounted))
    assert {*accounted, *manifest["notes"]} == set(names)
    assert not [error for error in manifest["errors"].values() if "failed unexpectedly" in error]
    assert manifest["photos"]
