"""The HTML of a published photo: the snippet that pages take over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from urllib.parse import quote

from export.delivery.student import Student
from export.publish.choice import Choice, SentFile, SentPhoto, Wanted
from export.publish.library import model_address
from pixels.sending.codecs import Codec

ALT = "{alt}"
"""Placeholder in each snippet for the text that describes the photo, which only you can write."""

MEDIA_TYPES: dict[Codec, str] = {
    "AVIF": "image/avif",
    "WEBP": "image/webp",
    "JPEG": "image/jpeg",
}
"""The newest codec first: a browser that decodes one of them decodes those after it."""


@dataclass(frozen=True, kw_only=True)
class Snippets:
    """Writes the HTML of photos for the pages of one site."""

    students: Sequence[Student]
    """The students of the site."""
    base_url: str = ""
    """Prefix of the addresses: where the site's folder is on the web."""

    def of(self, name: str, photo: SentPhoto, wanted: Wanted) -> str:
        """Write the HTML for one photo.

        Args:
            name: The photo's name in the manifest.
            photo: What is sent of it.
            wanted: What is wanted of it.

        Returns:
            `<img>`, in `<picture>` if browsers without AVIF get other files, and in `<half-size>`
            if the browser enlarges one of them. Width and height are those shown, so the layout
            does not shift. Where there are several widths, descriptors name those after enlarging.
        """
        largest = photo.largest
        last = largest.fallback or largest.sent
        plain = self._candidates(name, photo, [one.fallback or one.sent for one in photo.widths])
        when = 'fetchpriority="high"' if wanted.first else 'loading="lazy"'
        sizes = f' sizes="{escape(_sizes(largest, wanted))}"' if len(photo.widths) > 1 else ""
        srcset = f' srcset="{plain}"{sizes}' if sizes else ""
        img = (
            f'<img src="{self._address(name, last)}"{srcset} width="{largest.width}" '
            f'height="{largest.height}" alt="{ALT}" {when} decoding="async">'
        )
        if any(choice.fallback for choice in photo.widths):
            sent = [choice.sent for choice in photo.widths]
            # Browsers look at the contents, not at the type: it only keeps out those without AVIF.
            used = {file.codec for file in sent}
            newest = next(type_ for codec, type_ in MEDIA_TYPES.items() if codec in used)
            candidates = self._candidates(name, photo, sent)
            img = f'<picture><source type="{newest}" srcset="{candidates}"{sizes}>{img}</picture>'
        models = self._models(photo)
        frugal = " frugal" if any(choice.light for choice in photo.widths) else ""
        return f'<half-size model="{escape(models)}"{frugal}>{img}</half-size>' if models else img

    def _candidates(self, name: str, photo: SentPhoto, files: Iterable[SentFile]) -> str:
        addresses = [self._address(name, file) for file in files]
        if len(addresses) == 1:
            return addresses[0]
        return ", ".join(
            f"{address} {choice.width}w"
            for address, choice in zip(addresses, photo.widths, strict=True)
        )

    def _address(self, name: str, sent: SentFile) -> str:
        return escape(f"{self.base_url}{quote(sent.path(name))}")

    def _models(self, photo: SentPhoto) -> str:
        """Name the students that enlarge a photo.

        With their scales where there are several, or several widths: the page then knows that `w`
        names the width after restoring.
        """
        able = [student for student in self.students if student.sha256 in photo.students]
        addresses = [model_address(student, self.base_url) for student in able]
        if len(able) < 2 and len(photo.widths) == 1:
            return "".join(addresses)
        return ", ".join(
            f"{address} {_times(student.scale)}x"
            for address, student in zip(addresses, able, strict=True)
        )


def _sizes(largest: Choice, wanted: Wanted) -> str:
    width = largest.width
    return wanted.sizes or f"(max-width: {width}px) 100vw, {width}px"


def _times(scale: Fraction) -> str:
    return f"{float(scale):.4f}".rstrip("0").rstrip(".")
