"""The building blocks of the page: sections, tables, figures, crops, and their style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from export.bandwidth.report.colours import (
    BAD,
    EDGE,
    GOOD,
    INK,
    LINE,
    PAPER,
    QUIET,
    SOFT,
    THEME,
    themed,
)
from export.bandwidth.report.crops import CropRow
from export.bandwidth.study import Study
from export.delivery import seen_size

_COLOURS = {"paper": PAPER, "ink": INK, "quiet": QUIET, "line": LINE, "edge": EDGE, "soft": SOFT}
_COLOURS |= {"good": GOOD, "bad": BAD}
_ROOT = themed(f":root {{ {' '.join(f'--{name}: {hue};' for name, hue in _COLOURS.items())} }}")
_CSS = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial,
    sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 56px 28px 80px; }
h1 { font-size: 40px; line-height: 1.1; letter-spacing: -0.02em; margin: 0 0 10px; }
h2 { font-size: 25px; letter-spacing: -0.01em; margin: 72px 0 8px; padding-top: 28px;
  border-top: 1px solid var(--line); }
h3 { font-size: 17px; margin: 36px 0 8px; }
p { max-width: 46em; margin: 8px 0 16px; }
.lead { font-size: 19px; color: var(--quiet); }
.note, figcaption { color: var(--quiet); font-size: 14px; max-width: 56em; }
figure { margin: 20px 0 8px; overflow-x: auto; }
figure svg { width: 100%; min-width: 640px; height: auto; display: block; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 16px;
  margin: 32px 0 12px; }
.card { background: var(--soft); border-radius: 14px; padding: 20px 22px; }
.card b { display: block; font-size: 38px; line-height: 1.15; letter-spacing: -0.02em;
  font-variant-numeric: tabular-nums; }
.card h3 { margin: 0 0 6px; font-size: 15px; color: var(--quiet); }
.card p { margin: 6px 0 0; font-size: 14px; line-height: 1.45; }
.scroll { overflow-x: auto; margin: 12px 0 8px; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums;
  min-width: 60%; }
th { text-align: right; font-weight: 600; color: var(--quiet); padding: 6px 12px;
  border-bottom: 1px solid var(--edge); white-space: nowrap; vertical-align: bottom; }
td { text-align: right; padding: 6px 12px; border-bottom: 1px solid var(--line);
  white-space: nowrap; vertical-align: baseline; }
th:first-child, td:first-child, th.text, td.text { text-align: left; padding-left: 0; }
th:first-child, td:first-child { position: sticky; left: 0; background: var(--paper); }
th.over { border-bottom: 0; padding-bottom: 0; text-align: center; color: var(--ink); }
tr.group td { border-top: 2px solid var(--line); padding-top: 9px; }
td.good { color: var(--good); } td.bad { color: var(--bad); } td.best { font-weight: 700; }
td small { display: block; color: var(--quiet); font-size: 12px; font-weight: 400; }
.dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 8px; }
.strip { margin: 18px 0 26px; }
.strip h4 { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 24px;
  margin: 0 0 8px; font-size: 14px; font-weight: 600; }
.strip h4 span { color: var(--quiet); font-weight: 400; }
.strip label { color: var(--quiet); font-size: 14px; font-weight: 400; }
.strip:has(:checked) { --closer: 4; }
.crops { display: flex; gap: 14px; overflow-x: auto; }
.crops div { flex: none; width: max(8.5rem, var(--seen)); font-size: 12.5px; line-height: 1.35; }
.crops img { width: var(--seen); height: auto; display: block; margin-bottom: 6px; }
.strip:has(:checked) img { image-rendering: pixelated; }
.crops div span { color: var(--quiet); display: block; }
.sparks td { vertical-align: middle; padding-block: 4px; } .sparks svg { display: block; }
details summary { cursor: pointer; font-weight: 600; margin: 12px 0; }
@media print { h2 { break-after: avoid; } figure, .strip, tr { break-inside: avoid; } }
"""


NOTHING = "\N{EN DASH}"
"""Stands for a figure that does not exist."""
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: str
    kind: str = ""
    """`good`, `bad`, `best` or `text`, or several of them."""
    raw: bool = False
    """Whether `text` is HTML already."""


def page(title: str, chapters: Sequence[str]) -> str:
    """Join chapters to a page that fetches nothing."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{THEME}{_ROOT}\n{seen_size.CSS}{_CSS}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(chapters)
        + "\n</main>\n</body>\n</html>\n"
    )


def by_whom(study: Study, title: str) -> str:
    """Return a chapter's title, with the judge if a study has several."""
    several = len(study.plan.judgings) > 1
    return f"{title}, by {study.judging.name}" if several else title


def section(title: str, *parts: str) -> str:
    """Return a chapter with its title."""
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(parts) + "\n</section>"


def paragraph(words: str, kind: str = "") -> str:
    """Return a paragraph of plain text."""
    class_ = f' class="{kind}"' if kind else ""
    return f"<p{class_}>{escape(words)}</p>"


def heading(words: str) -> str:
    """Return a heading inside a chapter."""
    return f"<h3>{escape(words)}</h3>"


def figure(svg: str, caption: str) -> str:
    """Return a plot with its caption."""
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def table(
    heads: Sequence[Cell | str],
    groups: Sequence[Sequence[Sequence[Cell | str]]],
    kind: str = "",
    *,
    over: Sequence[tuple[str, int]] = (),
) -> str:
    """Return a table whose groups of rows are separated by lines.

    Args:
        heads: One for each column.
        groups: Groups of rows of cells.
        kind: Class of the table.
        over: Titles above the heads, and the number of columns of each.
    """
    body = []
    for group in groups:
        for number, row in enumerate(group):
            cells = "".join(_cell("td", cell) for cell in row)
            body.append(f"<tr{' class=group' if number == 0 else ''}>{cells}</tr>")
    class_ = f' class="{kind}"' if kind else ""
    titles = "".join(
        f'<th class="over" colspan="{columns}">{escape(title)}</th>' for title, columns in over
    )
    return (
        f'<div class="scroll"><table{class_}><thead>'
        f"{f'<tr>{titles}</tr>' if over else ''}<tr>"
        f"{''.join(_cell('th', head) for head in heads)}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def dotted(name: str, colour: str) -> Cell:
    """Return a cell with the name of an enlargement and its colour in the plots."""
    return Cell(
        f'<span class="dot" style="background:{themed(colour)}"></span>{escape(name)}', "text", True
    )


def signed(share: float | None, *, better_below: bool = True, digits: int = 1) -> Cell:
    """Return a cell with a relative change and its sign, green where it is good.

    Args:
        share: The change; None if it is unknown.
        better_below: Whether a negative change is good.
        digits: Digits after the point.
    """
    if share is None:
        return Cell(NOTHING)
    if abs(share) < 0.5 * 10.0 ** (-digits - 2):
        return Cell("0")
    good = (share < 0.0) == better_below
    shown = f"{share:+.{digits}%}".replace("-", _MINUS)
    return Cell(shown, "good" if good else "bad")


def saved(share: float | None) -> Cell:
    """Return a cell with a share saved, green unless it is 0."""
    if share is None:
        return Cell(NOTHING)
    return Cell(f"{share:.1%}", "good") if share >= 0.0005 else Cell("0")


def gained(value: float | None, decimals: int) -> Cell:
    """Return a cell with what a score gains or loses."""
    if value is None:
        return Cell(NOTHING)
    if abs(value) < 0.5 * 10.0**-decimals:
        return Cell("0")
    return Cell(f"{value:+.{decimals}f}".replace("-", _MINUS), "good" if value > 0.0 else "bad")


def card(title: str, number: str, words: str) -> str:
    """Return a card that shows one number large."""
    return (
        f'<div class="card"><h3>{escape(title)}</h3><b>{escape(number)}</b>'
        f"<p>{escape(words)}</p></div>"
    )


def seen(study: Study) -> str:
    """Say how large crops are shown."""
    if study.judging.screen is None:
        return "SSIMULACRA2 knows no screen: crops are as large as on a desktop."
    return f"Crops are as large as a person sees them {study.judging.where}."


def crop_strip(row: CropRow) -> str:
    """Return a photo's crops side by side, as large as they are seen on the judge's screen."""
    cells = []
    for crop in row.crops:
        caption = f"{crop.score}, {(crop.bytes_ or 0) / 1000:.1f} KB" if crop.score else ""
        cells.append(
            f'<div><img src="{crop.image}" alt="{escape(crop.name)}">'
            f"<b>{escape(crop.name)}</b><span>{caption}</span></div>"
        )
    closer = '<label><input type="checkbox"> four times as large</label>'
    return (
        f'<div class="strip seen" style="{seen_size.style(row.side_px, row.screen)}">'
        f"<h4><div>{escape(row.codec)}, {escape(row.reason)} <span>{escape(row.photo)}</span></div>"
        f'{closer}</h4><div class="crops">{"".join(cells)}</div></div>'
    )


def _cell(tag: str, cell: Cell | str) -> str:
    cell = Cell(cell) if isinstance(cell, str) else cell
    class_ = f' class="{cell.kind}"' if cell.kind else ""
    return f"<{tag}{class_}>{cell.text if cell.raw else escape(cell.text)}</{tag}>"
