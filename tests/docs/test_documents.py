"""Documents are wrapped at one width, and what they point to exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from plumbing.paths import ROOT
from tools.markdown import documents, formatted, is_generated

_ROOMS = (
    "plumbing",
    "pixels",
    "teacher",
    "distill",
    "export",
    "tests",
    "tools",
    "web_demo",
    "docs",
)
_SOURCE = re.compile(rf"(?<![\w./-])(?:{'|'.join(_ROOMS)})(?:/[\w.-]+)+\.(?:py|ts|mjs|md|json)\b")
_MADE = ("web_demo/dist/", "web_demo/models/")  # by `make web` and by exports
_NAMED_HERE = re.compile(r"\[`([\w.]+)(?:\(\))?`\]\(([^)#]+\.(?:py|ts))\)")

_DOCUMENTS = documents()
# What happened stays told as it was: the paths of that day.
_HISTORY = {Path("CHANGELOG.md")} | {
    path for path in _DOCUMENTS if path.parts[:2] == ("docs", "experiments")
}
each_document = pytest.mark.parametrize("document", _DOCUMENTS, ids=Path.as_posix)


@cache
def tokens(path: Path) -> list[Token]:
    return MarkdownIt("gfm-like", {"linkify": False}).parse(path.read_text(encoding="utf-8"))


def inline(path: Path) -> Iterator[Token]:
    for token in tokens(path):
        if token.children:
            yield from token.children


def targets(path: Path) -> list[str]:
    """Where a document's links and pictures point, in Markdown and in HTML."""
    found = []
    for token in inline(path):
        for name in ("href", "src"):
            if token.attrs.get(name):
                found.append(str(token.attrs[name]))
    html = [t.content for t in [*tokens(path), *inline(path)] if t.type.startswith("html_")]
    return found + re.findall(r'(?:href|src|srcset)="([^"]+)"', "\n".join(html))


def slug(heading: str) -> str:
    """GitHub's anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@cache
def anchors(path: Path) -> set[str]:
    headings = [
        "".join(child.content for child in after.children or [])
        for token, after in zip(tokens(path), tokens(path)[1:], strict=False)
        if token.type == "heading_open"
    ]
    seen: dict[str, int] = {}
    names = set(re.findall(r'<a (?:id|name)="([^"]+)"', path.read_text(encoding="utf-8")))
    for name in map(slug, headings):
        count = seen.get(name, 0)
        seen[name] = count + 1
        names.add(f"{name}-{count}" if count else name)
    return names


@pytest.mark.parametrize(
    "document", [path for path in _DOCUMENTS if not is_generated(path)], ids=Path.as_posix
)
def test_a_document_is_wrapped_and_laid_out(document: Path) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert text == formatted(text), "run `make format`"


@each_document
def test_links_and_anchors_exist(document: Path) -> None:
    path = ROOT / document
    for target in targets(path):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), f"{document} points to {target}"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{document} points to {target}"


@pytest.mark.parametrize(
    "document", [path for path in _DOCUMENTS if path not in _HISTORY], ids=Path.as_posix
)
def test_named_source_files_exist(document: Path) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    missing = {
        name
        for name in _SOURCE.findall(text)
        if not name.startswith(_MADE) and not (ROOT / name).exists()
    }
    assert not missing, f"{document} names files that are gone"


def test_documents_named_in_code_exist() -> None:
    folders = [ROOT / name for name in _ROOMS if name != "docs"]
    sources = [
        path
        for folder in folders
        for pattern in ("*.py", "*.ts", "*.mjs")
        for path in folder.rglob(pattern)
        if not {"node_modules", "dist"} & set(path.parts)
    ]
    for path in sources:
        for name in re.findall(r"docs/[\w/-]+(?:\.md)?", path.read_text(encoding="utf-8")):
            if decision := re.fullmatch(r"docs/decisions/(\d{4})", name):
                found = list((ROOT / "docs" / "decisions").glob(f"{decision[1]}-*.md"))
            else:
                found = list(ROOT.glob(f"{name}*"))
            assert found, f"{path.relative_to(ROOT)} names {name}"


def defined(path: Path) -> set[str]:
    """Names of functions, classes and their methods (`Class.method`) in a source file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ts":
        words = r"(?:function\*?|class|interface|type|const)"
        return set(re.findall(rf"\b{words} (\w+)", text)) | set(
            re.findall(r"^\s+(?:\w+ )*(\w+)\(.*\{$", text, re.MULTILINE)
        )
    names = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            members = [member for member in node.body if isinstance(member, ast.FunctionDef)]
            names |= {f"{node.name}.{member.name}" for member in members}
    return names


@each_document
def test_functions_named_by_a_link_are_defined_there(document: Path) -> None:
    path = ROOT / document
    for name, target in _NAMED_HERE.findall(path.read_text(encoding="utf-8")):
        file = (path.parent / target).resolve()
        if file.suffix == ".ts":
            name = name.split(".")[-1]
        assert name in defined(file), f"{document}: {name} is not in {target}"


def test_the_readme_fits_its_reader() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 110
    for picture in (ROOT / "docs" / "images").glob("strip.*"):
        assert picture.stat().st_size < 200_000, picture.name


def test_the_drawing_shows_every_room() -> None:
    drawing = (ROOT / "docs" / "images" / "rooms.svg").read_text(encoding="utf-8")
    shown = set(re.findall(r'data-path="([^"]+)"', drawing))
    assert {name for name in shown if not (ROOT / name).is_dir()} == set()
    folders = [ROOT / name for name in ("pixels", "teacher", "export", "web_demo/src")]
    rooms = {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in folder.iterdir()
        if path.is_dir() and any(path.glob("*.[pt][ys]")) and path.name != "package"
    }
    assert rooms - shown == set()
