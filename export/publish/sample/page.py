"""The sample page: every photo at full size, as sent and as restored, and what each way sends."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from export.delivery import seen_size
from export.delivery.student import Student
from export.publish.choice import FIXED, Choice, SentFile, SentPhoto, Settings
from export.publish.html import MEDIA_TYPES
from export.publish.sample.style import CSS, SCRIPT
from export.publish.site import LIBRARY
from export.publish.totals import Totals
from pixels.sending.codecs import Codec
from plumbing.amounts import in_bytes

_MOST_SHOWN = 200
_NAMES: dict[Codec, str] = {"AVIF": "AVIF", "WEBP": "WebP", "JPEG": "JPEG"}
_LOOK = "Point at a picture to look closer, tap it, or go there with the keyboard and press Enter."
_SCRIPTS = f"""<script src="{LIBRARY}/models.js"></script>
<script src="{LIBRARY}/half-size.js"></script>
"""


@dataclass(frozen=True, kw_only=True)
class ShownPhoto:
    """A photo of the site, with all that its section needs."""

    name: str
    sent: SentPhoto
    """What is sent of it; the largest width is shown."""
    student: Student | None
    """The student that enlarges the largest width; None if none does."""
    own_bytes: int
    """Size of the photo's own file."""
    full: str | None
    """Where the full-size file lies that it is compared with, within the site; None if nowhere."""
    settings: Settings
    """What decided the choice: by whom it is judged, and on which screen."""

    @property
    def choice(self) -> Choice:
        """The choice for the largest width."""
        return self.sent.largest

    def score(self, file: SentFile) -> str:
        """Write the score of one of its files."""
        measure = self.settings.judge.measure
        return f"{measure.name} {file.score:.{measure.decimals}f}"


def sample_page(
    photos: Sequence[ShownPhoto],
    read: Callable[[str], bytes],
    *,
    totals: Totals,
    sentences: Sequence[str],
) -> str:
    """Write a page that shows the photos and what each one saved, and works from disk.

    Reduced photos are embedded: browsers do not let scripts of a page that was opened from disk
    read the pixels of other files.

    Args:
        photos: The photos, in the order of the page.
        read: Reads a file of the site.
        totals: Sums over all photos, in the largest width of each.
        sentences: Paragraphs above the photos.
    """
    shown = photos[:_MOST_SHOWN]
    if len(shown) < len(photos):
        sentences = [*sentences, f"Below are the first {len(shown)} of {len(photos)} photos."]
    scripts = _SCRIPTS if any(photo.student for photo in photos) else ""
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Published photos</title>\n<style>{CSS}</style>\n<h1>Published photos</h1>\n"
        + "\n".join(f"<p>{escape(sentence)}</p>" for sentence in [*sentences, _LOOK])
        + _bars(_of_totals(totals))
        + "\n".join(_section(photo, read) for photo in shown)
        + f"\n{scripts}<script>{SCRIPT}</script>\n</html>\n"
    )


def _section(photo: ShownPhoto, read: Callable[[str], bytes]) -> str:
    choice = photo.choice
    missed = "" if choice.reached else " <small>does not reach the target</small>"
    panes = "".join(_panes(photo, read))
    label = escape(f"{photo.name}, side by side", quote=True)
    return (
        f"\n<section>\n<h2>{escape(photo.name)}{missed}</h2>\n"
        f'<div class="panes seen" role="group" aria-label="{label}" tabindex="0" '
        f'style="{seen_size.style(choice.width, photo.settings.screen)}">{panes}</div>'
        f"{_bars(_of_photo(photo))}{_widths(photo)}</section>"
    )


def _widths(photo: ShownPhoto) -> str:
    """List the files of all widths, if there are several."""
    if len(photo.sent.widths) == 1:
        return ""
    rows = [
        f"<tr><th scope=row>{choice.width} × {choice.height}</th>"
        f"<td>{_described(choice.sent)}</td><td>{photo.score(choice.sent)}</td>"
        f"<td>{_against(choice.sent_at_target, choice.full_at_target)}</td></tr>"
        for choice in reversed(photo.sent.widths)
    ]
    heads = ("Width", "As sent", "Score as seen", "Against full size, same score")
    head = "".join(f"<th scope=col>{name}</th>" for name in heads)
    return (
        f'<div class="widths"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _panes(photo: ShownPhoto, read: Callable[[str], bytes]) -> list[str]:
    """Show a photo at full size, as sent and as restored; or as sent alone, if it is full size."""
    choice, sent, score = photo.choice, photo.choice.sent, photo.score
    address = quote(sent.path(photo.name))
    if photo.student is None:
        title = "As sent: its own file" if choice.form == "original" else "As sent: full size"
        return [_pane(_img(photo, address), title, f"{_described(sent)}, {score(sent)}")]
    content = b64encode(read(sent.path(photo.name))).decode()
    embedded = f"data:{MEDIA_TYPES[sent.codec]};base64,{content}"
    # `models.js` has the student by its name; the page shows what it does at any size.
    tag = f'<half-size model="{escape(photo.student.name)}" always>'
    panes = [
        _pane(
            _img(photo, address),
            "As sent",
            f"{_described(sent)}, enlarged by the browser, as before scripts run",
        ),
        _pane(
            f"{tag}{_img(photo, embedded)}</half-size>",
            "As restored",
            f"by {photo.student.name}, {score(sent)}",
        ),
    ]
    if photo.full:
        described = f"{_described(choice.full)}, {score(choice.full)}"
        panes.insert(0, _pane(_img(photo, quote(photo.full)), "Full size", described))
    return panes


def _img(photo: ShownPhoto, address: str) -> str:
    size = f'width="{photo.choice.width}" height="{photo.choice.height}"'
    return (
        f'<img src="{escape(address)}" {size} alt="{escape(photo.name)}" loading="lazy" '
        'decoding="async">'
    )


def _pane(html: str, title: str, words: str) -> str:
    return (
        f'<figure><div class="pane">{html}</div>'
        f"<figcaption><b>{escape(title)}</b>{escape(words)}</figcaption></figure>"
    )


def _described(sent: SentFile) -> str:
    quality = "" if sent.quality is None else f" {sent.quality}"
    name = f"{_NAMES[sent.codec]}{quality}"
    return f"{sent.width} × {sent.height}, {name}, {in_bytes(sent.bytes)}"


@dataclass(frozen=True)
class _Way:
    """A way to send a photo, or all of them."""

    name: str
    bytes_: int
    note: str = ""
    sent_likewise: int | None = None
    """What is sent would have so many bytes if it reached exactly the same score; None compares the
    files as they are."""


def _of_photo(photo: ShownPhoto) -> list[_Way]:
    choice = photo.choice
    note = f"{_NAMES[choice.full.codec]} {choice.full.quality}"
    return [
        _Way("As sent", choice.sent.bytes),
        _Way("Full size, same target", choice.full_at_target, note, choice.sent_at_target),
        *_fixed(choice.fixed),
        _Way("Your own file", photo.own_bytes),
    ]


def _of_totals(totals: Totals) -> list[_Way]:
    once = totals.student_bytes + totals.runtime_bytes
    return [
        _Way("As sent", totals.sent_bytes, f"and {in_bytes(once)} once" if once else ""),
        _Way(
            "Full size, same target",
            totals.full_bytes_at_target,
            "each in its best codec",
            totals.sent_bytes_at_target,
        ),
        *_fixed(totals.fixed_bytes),
        _Way("Your own files", totals.own_bytes),
    ]


def _fixed(sizes: dict[Codec, int]) -> list[_Way]:
    return [
        _Way(f"{_NAMES[codec]} {setting}, full size", sizes[codec], "whatever it looks like")
        for codec, setting in FIXED.items()
    ]


def _bars(ways: Sequence[_Way]) -> str:
    """Draw the bytes of each way; the first is what is sent."""
    sent, most = ways[0].bytes_, max(way.bytes_ for way in ways)
    rows = []
    for number, way in enumerate(ways):
        against = ""
        if way.sent_likewise is not None:
            where = "" if way.sent_likewise == sent else "at exactly the same score "
            against = _against(way.sent_likewise, way.bytes_, where)
        elif number:
            against = _against(sent, way.bytes_)
        notes = [way.note, against]
        rows.append(
            f"<div{' class=sent' if number == 0 else ''}><dt>{escape(way.name)}</dt>"
            f'<dd class="bar" style="--share: {100 * way.bytes_ / max(most, 1):.1f}%"></dd>'
            f'<dd class="bytes">{in_bytes(way.bytes_)}</dd>'
            f'<dd class="note">{escape("; ".join(filter(None, notes)))}</dd></div>'
        )
    return f'<dl class="bars">{"".join(rows)}</dl>'


def _against(sent: int, other: int, where: str = "") -> str:
    """Compare what is sent with another way."""
    if sent == other:
        return "the same is sent"
    share = abs(sent - other) / max(other, 1)
    return f"{where}{share:.1%} {'less' if sent < other else 'more'} is sent"
