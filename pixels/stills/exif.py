"""EXIF of a photo's file: which way is up, and what an upright copy of it may keep."""

from __future__ import annotations

from PIL import ExifTags, Image
from PIL.TiffImagePlugin import TiffImageFile

# Of a TIFF: how its pixels are stored, and other programs' data. Tags 256 to 1023 but for these few
# say the former.
_TIFF_DESCRIPTIONS = frozenset((270, 271, 272, 282, 283, 296, 305, 306, 315, 316))
_TIFF_DATA = frozenset((33723, 34377, 34675, 37724, 50341))


def exif_of(image: Image.Image) -> Image.Exif:
    """Read the EXIF of an opened picture as browsers do: only its own block.

    Pillow would also take the orientation of XMP, and EXIF in a text chunk of a PNG.

    Raises:
        Exception: Pillow raises nearly anything on damaged EXIF.
    """
    if isinstance(image, TiffImageFile):
        exif = image.getexif()
        if ExifTags.Base.Orientation not in image.tag_v2:
            exif.pop(ExifTags.Base.Orientation, None)
        return exif
    if image.format == "PNG" and "exif" not in image.info:
        image.load()  # it may come after the pixels
    exif = Image.Exif()
    exif.load(image.info.get("exif") or b"")
    return exif


def orientation_of(image: Image.Image) -> int:
    """Read the EXIF orientation; like browsers, ignore damaged EXIF."""
    try:
        return exif_of(image).get(ExifTags.Base.Orientation, 1)
    except Exception:  # Pillow raises all kinds of errors
        return 1


def exif_to_keep(image: Image.Image) -> bytes:
    """Take a photo's EXIF to write into an upright file of another size.

    What described the file itself is left out: the turn, the size and the thumbnail.

    Returns:
        Empty if the photo has no EXIF or it is damaged.
    """
    try:
        exif = exif_of(image)
        for tag in [tag for tag in exif if image.format == "TIFF" and _is_storage(tag)]:
            del exif[tag]
        if not exif:
            return b""
        if ExifTags.IFD.Exif in exif:
            details = exif.get_ifd(ExifTags.IFD.Exif)
            for tag in (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight):
                details.pop(tag, None)
        exif.bigtiff = False
        exif[ExifTags.Base.Orientation] = 1
        return exif.tobytes()
    except Exception:  # Pillow raises nearly anything on damaged EXIF
        return b""


def _is_storage(tag: int) -> bool:
    """Whether a TIFF's tag says how it is stored, instead of what it shows."""
    return tag in _TIFF_DATA or (tag < 1024 and tag not in _TIFF_DESCRIPTIONS)
