"""The HTML of published photos: a snippet for each, and a page that shows all from disk."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape
from urllib.parse import quote

from export.delivery.student import Student
from export.publish.choice import Choice, SentFile
from export.publish.library import model_address
from export.publish.site import LIBRARY
from pixels.quality.judge import Measure
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
{summary}
{figures}
{scripts}</html>
"""
_SCRIPTS = f"""<script src="{LIBRARY}/models.js"></script>
<script src="{LIBRARY}/half-size.js"></script>
"""


Address = Callable[[SentFile], str]
"""Returns the address of a file."""


def snippet(name: str, choice: Choice, student: Student | None, *, base_url: str = "") -> str:
    """Write the HTML for one photo.

    Args:
        name: The photo's name in the manifest.
        choice: What is sent of it.
        student: The student that enlarges it; None if none does.
        base_url: Prefix of the addresses: where the site's folder is on the web.

    Returns:
        `<img>`, in `<picture>` if browsers without AVIF get another file, and in `<half-size>` if
        the browser enlarges it. Width and height are those shown, so the layout does not shift.
    """
    element = f'<half-size model="{escape(model_address(student, base_url))}">' if student else ""
    return _html(choice, element, lambda sent: f"{base_url}{quote(sent.path(name))}")


def _html(choice: Choice, element: str, address: Address) -> str:
    """Write a snippet; `element` is the tag in which it is enlarged, or empty."""
    last = choice.fallback or choice.sent
    img = (
        f'<img src="{escape(address(last))}" width="{choice.width}" '
        f'height="{choice.height}" alt="{ALT}" loading="lazy" decoding="async">'
    )
    if choice.fallback:
        srcset = escape(address(choice.sent))
        source = f'<source type="{_TYPES[choice.sent.codec]}" srcset="{srcset}">'
        img = f"<picture>{source}{img}</picture>"
    return f"{element}{img}</half-size>" if element else img


def sample_page(
    photos: Sequence[tuple[str, Choice, Student | None]],
    read: Callable[[str], bytes],
    *,
    measure: Measure,
    summary: Sequence[str],
) -> str:
    """Write a page that shows the photos and what each one saved, and works from disk.

    Reduced photos are embedded: browsers do not let scripts of a page that was opened from disk
    read the pixels of other files.

    Args:
        photos: Names, choices, and the students that enlarge them.
        read: Reads a file of the site.
        measure: What the scores mean.
        summary: Paragraphs above the photos.
    """
    shown = photos[:_MOST_SHOWN]
    if len(shown) < len(photos):
        summary = [*summary, f"The first {len(shown)} of {len(photos)} photos:"]
    needed = any(student for *_, student in photos)
    return _PAGE.format(
        summary="\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in summary),
        figures="\n".join(_figure(*photo, read, measure) for photo in shown),
        scripts=_SCRIPTS if needed else "",
    )


def _figure(
    name: str,
    choice: Choice,
    student: Student | None,
    read: Callable[[str], bytes],
    measure: Measure,
) -> str:
    def embedded(sent: SentFile) -> str:
        content = b64encode(read(sent.path(name))).decode()
        return f"data:{_TYPES[sent.codec]};base64,{content}"

    html = snippet(name, choice, None)
    if student:
        # `models.js` has the student by its name; the page shows what it does at any size.
        html = _html(choice, f'<half-size model="{escape(student.name)}" always>', embedded)
    picture = html.replace(ALT, escape(name))
    sent, full = choice.sent, choice.full
    caption = {
        "reduced": f"{sent.width} x {sent.height} px for {student.name if student else ''}, "
        f"{sent.codec}, {_kb(sent.bytes)} instead of {_kb(full.bytes)}",
        "full": f"full size, {sent.codec}, {_kb(sent.bytes)}",
        "original": f"its own file, {_kb(sent.bytes)}",
    }[choice.form]
    score = f"{measure.name} {sent.score:.{measure.decimals}f}"
    missed = "" if choice.reached else ", target not reached"
    text = escape(f"{name}: {caption}; {score}{missed}")
    return f"<figure>{picture}<figcaption>{text}</figcaption></figure>"


def _kb(count: int) -> str:
    return f"{count / 1000:.1f} KB"
