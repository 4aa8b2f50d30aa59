"""Lossy files are written in one place: a codec does the same in training and in publishing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from plumbing.paths import ROOT

PACKAGES = ("plumbing", "pixels", "teacher", "distill", "export")
# Passes on the options of lossless formats, which pixels/stills/formats.py lists.
LOSSLESS_BY_NAME = "pixels/stills/files.py"
THE_PLACE = "pixels/sending/codecs.py"


def lossy_saves(source: str) -> list[int]:
    """Lines where a module that uses Pillow saves a picture other than losslessly."""
    if "PIL" not in source or ".save(" not in source:
        return []
    tree = ast.parse(source)
    names = {
        name
        for node in ast.walk(tree)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    if not any(name.split(".")[0] == "PIL" for name in names):
        return []
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "save"
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "codecs")
        and not is_lossless(node)
    ]


def is_lossless(call: ast.Call) -> bool:
    constants = [node.value for node in call.args if isinstance(node, ast.Constant)]
    keywords = {word.arg: word.value for word in call.keywords}
    lossless = keywords.get("lossless")
    return bool({"PNG", "PPM"} & {*constants}) or (
        isinstance(lossless, ast.Constant) and lossless.value is True
    )


def test_lossy_files_are_written_in_one_module() -> None:
    writers = [
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if lossy_saves(path.read_text(encoding="utf-8"))
    ]
    assert sorted(writers) == [THE_PLACE, LOSSLESS_BY_NAME]
    assert len(lossy_saves(Path(ROOT / LOSSLESS_BY_NAME).read_text(encoding="utf-8"))) == 1


@pytest.mark.parametrize(
    ("call", "lossy"),
    [
        ('image.save(file, "JPEG", quality=80)', True),
        ('image.save("a.webp")', True),
        ('image.save(file, "WEBP", lossless=False)', True),
        ("image.save(file, format=name)", True),
        ('image.save(file, "WEBP", lossless=True)', False),
        ('image.save(file, "PNG")', False),
    ],
)
def test_a_lossy_save_is_found(call: str, lossy: bool) -> None:
    assert bool(lossy_saves(f"from PIL import Image\n{call}")) == lossy
    assert not lossy_saves(f"import numpy\n{call}")
