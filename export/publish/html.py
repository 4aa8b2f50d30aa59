"""The HTML of a published photo: the snippet that pages take over."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from export.delivery.student import Student
from export.publish.choice import Choice, SentFile
from export.publish.library import model_address
from pixels.sending.codecs import Codec

ALT = "{alt}"
"""Placeholder in each snippet for the text that describes the photo, which only you can write."""

MEDIA_TYPES: dict[Codec, str] = {
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}


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

    def address(sent: SentFile) -> str:
        return escape(f"{base_url}{quote(sent.path(name))}")

    img = (
        f'<img src="{address(choice.fallback or choice.sent)}" width="{choice.width}" '
        f'height="{choice.height}" alt="{ALT}" loading="lazy" decoding="async">'
    )
    if choice.fallback:
        type_ = MEDIA_TYPES[choice.sent.codec]
        source = f'<source type="{type_}" srcset="{address(choice.sent)}">'
        img = f"<picture>{source}{img}</picture>"
    if student is None:
        return img
    return f'<half-size model="{escape(model_address(student, base_url))}">{img}</half-size>'
