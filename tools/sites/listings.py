"""The code listings of the documents as files: the tests run what readers copy."""

from __future__ import annotations

import re
from pathlib import Path

from plumbing.paths import ROOT

INTEGRATION = ROOT / "docs" / "use-on-a-site.md"
GENERATORS = ROOT / "docs" / "site-generators.md"
_FENCE = re.compile(r"```([\w-]*)\n(.*?)```", re.DOTALL)
_NAMED = re.compile(r"(?:---\n|<\?php\n)?(?:// |\{\{/\* )([\w./-]+)(?: \*/\}\})?\n")


def listings(heading: str, document: Path = INTEGRATION) -> list[str]:
    """Read the listings below a heading, in order."""
    sections = re.split(r"^## ", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (section,) = [text for text in sections if text.startswith(f"{heading}\n")]
    return [text for _, text in _FENCE.findall(section)]


def write_named(heading: str, folder: Path, document: Path = INTEGRATION) -> list[str]:
    """Write the listings that name their file at the start; return their names."""
    names = []
    for text in listings(heading, document):
        named = _NAMED.match(text)
        if named:
            path = folder / named[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            names.append(named[1])
    return names
