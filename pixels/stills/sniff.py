"""Tell what a file holds by its first bytes; a suffix decides only about camera raw files.

Sources: the signatures in each format's specification; ISO/IEC 14496-12 for `ftyp` boxes and their
brands.
"""

from __future__ import annotations

from dataclasses import dataclass

HEAD_BYTES = 64
"""How much of a file `kind_of` wants to see."""


@dataclass(frozen=True)
class FileKind:
    """A kind of file, by its contents."""

    name: str
    """Its name in sentences, as in `JPEG` or `JPEG XL photo`."""
    advice: str = ""
    """What to do where it cannot be read; empty for photos that can be."""

    @property
    def readable(self) -> bool:
        """Whether Pillow reads it without help."""
        return not self.advice


PNG = FileKind("PNG")
TIFF = FileKind("TIFF")
HEIC = FileKind("HEIC photo", "to read HEIC: pip install 'halfsize[heic]'")
RAW = FileKind("camera raw file", "develop it to JPEG or TIFF first")
_JPEG, _WEBP, _AVIF = FileKind("JPEG"), FileKind("WebP"), FileKind("AVIF")
_GIF, _BMP, _QOI, _JPEG2000 = (
    FileKind("GIF"),
    FileKind("BMP"),
    FileKind("QOI"),
    FileKind("JPEG 2000"),
)
_JPEG_XL = FileKind("JPEG XL photo", "convert it to JPEG or PNG first")
_PSD = FileKind("Photoshop file", "save it as TIFF or PNG first")
_VECTORS = FileKind("vector drawing", "only photos are enlarged")
_VIDEO = FileKind("video", "only stills, GIF, APNG and animated WebP can be read")

# fmt: off
_RAW_SUFFIXES = frozenset((
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".k25",
    ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl",
    ".sr2", ".srf", ".srw", ".x3f",
))
# fmt: on
_RAW_STARTS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM")
_STARTS = {
    b"\xff\xd8\xff": _JPEG,
    b"\x89PNG\r\n\x1a\n": PNG,
    b"GIF87a": _GIF,
    b"GIF89a": _GIF,
    b"qoif": _QOI,
    b"II*\0": TIFF,
    b"MM\0*": TIFF,
    b"II+\0": TIFF,
    b"MM\0+": TIFF,
    b"\0\0\0\x0cjP  \r\n\x87\n": _JPEG2000,
    b"\xff\x4f\xff\x51": _JPEG2000,
    b"\xff\x0a": _JPEG_XL,
    b"\0\0\0\x0cJXL \r\n\x87\n": _JPEG_XL,
    b"8BPS": _PSD,
    b"%!PS": _VECTORS,
    b"%PDF": _VECTORS,
    b"\x1aE\xdf\xa3": _VIDEO,
}
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_HEIC_BRANDS |= {b"mif1", b"mif2", b"msf1"}
_VIDEO_BRANDS = (b"qt", b"iso", b"mp4", b"M4V", b"3g", b"avc1", b"dash", b"mmp4", b"MSNV", b"f4v")


def kind_of(head: bytes, suffix: str = "") -> FileKind | None:
    """Tell what a file holds.

    Args:
        head: Its first `HEAD_BYTES` bytes; fewer of a shorter file.
        suffix: Its suffix, with the dot. Most raw files look like TIFFs with a small preview.

    Returns:
        Its kind; None if it is not a known kind of picture or video.
    """
    found = _by_content(head)
    raw_by_content = head.startswith(_RAW_STARTS) or (found is TIFF and head[8:10] == b"CR")
    raw_by_name = suffix.lower() in _RAW_SUFFIXES and (found is None or found in (TIFF, _VIDEO))
    return RAW if raw_by_content or raw_by_name else found


def _by_content(head: bytes) -> FileKind | None:
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF":
        return _WEBP if head[8:12] == b"WEBP" else _VIDEO if head[8:12] == b"AVI " else None
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return _BMP
    if head[4:8] == b"ftyp":
        return _by_brands(head)
    text = head.lstrip().lower()
    return _VECTORS if text.startswith(b"<svg") or b"<svg" in text[:HEAD_BYTES] else None


def _by_brands(head: bytes) -> FileKind | None:
    """Tell AVIF, HEIC, Canon's raw files and videos apart: all of them are boxes."""
    end = min(len(head), int.from_bytes(head[:4], "big"))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return _AVIF
    if brands & _HEIC_BRANDS:
        return HEIC
    if head[8:12] == b"crx ":
        return RAW
    return _VIDEO if head[8:12].startswith(_VIDEO_BRANDS) else None
