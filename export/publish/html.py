"""The HTML of published photos: a snippet for each, and a page that shows all from disk."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape
from urllib.parse import quote

from export.publish.choice import Choice, SentFile
from export.publish.site import LIBRARY
from pixels.sending.codecs import Codec

ALT = "{alt}"
"""Placeholder in each snippet for the text that describes the photo, which only you can write."""

_TYPES: dict[Codec, str] = {"JPEG": "image/jpeg", "WEBP": "image/webp", "AVIF": "image/avif"}
_MOST_SHOWN = 200

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Published photos</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto }}
  body {{ padding: 0 1rem }}
  figure {{ margin: 0 0 2.5rem }}
  img {{ max-width: 100%; height: auto; display: block }}
  figcaption {{ color: #555; font-size: 0.9rem; margin-top: 0.4rem }}
  @media (prefers-color-scheme: dark) {{
    body {{ background: #161616; color: #eee }} figcaption {{ color: #aaa }}
  }}
</style>
<h1>Published photos</h1>
<p>{summary}</p>
{figures}
{scripts}</html>
"""
_SCRIPTS = """<script src="{library}/models.js"></script>
<script src="{library}/half-size.js"></script>
<script>HalfSizeElement.model = {model};</script>
"""


Address = Callable[[SentFile], str]
"""Returns the address of a file."""


def snippet(name: str, choice: Choice, *, base_url: str = "") -> str:
    """Write the HTML for one photo.

    Args:
        name: The photo's name in the manifest.
        choice: What is sent of it.
        base_url: Prefix of the addresses: where the site's folder is on the web.

    Returns:
        `<img>`, in `<picture>` if browsers without AVIF get another file, and in `<half-size>` if
        the browser enlarges it. Width and height are those shown, so the layout does not shift.
    """
    return _html(choice, lambda sent: f"{base_url}{quote(sent.path(name))}")


def _html(choice: Choice, address: Address, *, always: bool = False) -> str:
    """Write a snippet; `always` enlarges even if the element would decide to skip the photo."""
    last = choice.fallback or choice.sent
    img = (
        f'<img src="{escape(address(last))}" width="{choice.width}" '
        f'height="{choice.height}" alt="{ALT}" loading="lazy" decoding="async">'
    )
    if choice.fallback:
        srcset = escape(address(choice.sent))
        source = f'<source type="{_TYPES[choice.sent.codec]}" srcset="{srcset}">'
        img = f"<picture>{source}{img}</picture>"
    if choice.form != "half":
        return img
    return f"<half-size{' always' if always else ''}>{img}</half-size>"


def sample_page(
    photos: Sequence[tuple[str, Choice]],
    read: Callable[[str], bytes],
    *,
    model: str | None,
    summary: str,
) -> str:
    """Write a page that shows the photos and what each one saved, and works from disk.

    Half-size photos are embedded: browsers do not let scripts of a page that was opened from disk
    read the pixels of other files.

    Args:
        photos: Names and choices.
        read: Reads a file of the site.
        model: Name of the student in `models.js`; None if no photo needs it.
        summary: Text above the photos.
    """
    shown = photos[:_MOST_SHOWN]
    if len(shown) < len(photos):
        summary = f"{summary} The first {len(shown)} of {len(photos)} photos:"
    figures = "\n".join(_figure(name, choice, read) for name, choice in shown)
    # A name with "</script>" would end the script.
    quoted = json.dumps(model).replace("<", "\\u003c")
    scripts = _SCRIPTS.format(library=LIBRARY, model=quoted) if model else ""
    return _PAGE.format(summary=escape(summary), figures=figures, scripts=scripts)


def _figure(name: str, choice: Choice, read: Callable[[str], bytes]) -> str:
    def embedded(sent: SentFile) -> str:
        content = b64encode(read(sent.path(name))).decode()
        return f"data:{_TYPES[sent.codec]};base64,{content}"

    html = _html(choice, embedded, always=True) if choice.form == "half" else snippet(name, choice)
    picture = html.replace(ALT, escape(name))
    sent, full = choice.sent, choice.full
    caption = {
        "half": f"half size, {sent.codec}, {_kb(sent.bytes)} instead of {_kb(full.bytes)}",
        "full": f"full size, {sent.codec}, {_kb(sent.bytes)}",
        "original": f"its own file, {_kb(sent.bytes)}",
    }[choice.form]
    score = f"SSIMULACRA2 {sent.score:.1f}{'' if choice.reached else ', target not reached'}"
    return f"<figure>{picture}<figcaption>{escape(name)}: {caption}; {score}</figcaption></figure>"


def _kb(count: int) -> str:
    return f"{count / 1000:.1f} KB"
