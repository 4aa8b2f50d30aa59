"""Convert what Pillow opened to upright 8-bit sRGB and straight alpha."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from pixels.picture import UnfitError
from pixels.stills.declared import profile_of
from pixels.stills.exif import orientation_of

_BAND_PIXELS = 1 << 22
_TIFF_BITS, _TIFF_COMPRESSION, _TIFF_PHOTOMETRIC, _TIFF_PLANES = 258, 259, 262, 284

# EXIF orientation -> swap rows with columns?, then the steps along rows and columns.
_TURNS = {
    2: (False, 1, -1),
    3: (False, -1, -1),
    4: (False, -1, 1),
    5: (True, 1, 1),
    6: (True, 1, -1),
    7: (True, -1, -1),
    8: (True, -1, 1),
}


def decode_frame(image: ImageFile) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Decode the current frame of an opened picture.

    Args:
        image: What `PIL.Image.open` returned for an open file; pixels are not loaded yet.

    Returns:
        sRGB (height, width, 3) and straight alpha (height, width) or None, upright, 0 to 255.

    Raises:
        UnfitError: The range or layout of the samples is not supported.
        Exception: Pillow's decoders raise all kinds of errors on damaged files.
    """
    _require_layout(image)
    key = _transparent_colour(image)
    profile = profile_of(image)
    image.load()
    orientation = orientation_of(image)
    colours, alpha = _split_alpha(image, key)
    rgb = _to_srgb(colours, profile)
    alpha = None if alpha is None else turned(alpha, orientation)
    return turned(rgb, orientation), alpha


def samples(image: Image.Image) -> NDArray[np.uint8]:
    """Copy 8-bit samples out of a loaded image: (height, width) or (height, width, channels).

    In bands of rows: `numpy.asarray` would need memory for two more copies.
    """
    height, width = image.height, image.width
    bands = len(image.getbands())
    result = np.empty((height, width, bands) if bands > 1 else (height, width), np.uint8)
    rows = max(1, _BAND_PIXELS // max(1, width))
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        result[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return result


def turned(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn (height, width, ...) upright by its EXIF orientation; ignore unknown values."""
    swap, row_step, column_step = _TURNS.get(orientation, (False, 1, 1))
    upright = pixels.swapaxes(0, 1) if swap else pixels
    return np.ascontiguousarray(upright[::row_step, ::column_step])


def _require_layout(image: ImageFile) -> None:
    tags = _tiff_tags(image)
    deep_colour = len(tags.get(_TIFF_BITS, ())) > 1 and tags[_TIFF_BITS][0] > 8
    if deep_colour and tags.get(_TIFF_PLANES) == 2 and tags.get(_TIFF_COMPRESSION) == 1:
        # Pillow would silently read the two bytes of a sample as two pixels.
        raise UnfitError("is a 16-bit TIFF of separate colour planes; save it interleaved")


def _tiff_tags(image: ImageFile) -> dict[int, Any]:
    return dict(image.tag_v2) if isinstance(image, TiffImageFile) else {}


def _transparent_colour(image: ImageFile) -> NDArray[np.int64] | None:
    """Find the colour that means "transparent", at the depth that Pillow decodes to."""
    if image.mode in ("P", "PA") or "transparency" not in image.info:
        return None
    colour = np.array(image.info.pop("transparency"), np.int64)
    # For a PNG, Pillow scales the samples to 8 bits but not this colour.
    if image.format == "PNG" and image.tile[0].args == "RGB;16B":
        return colour // 256
    return colour * {"L;2": 85, "L;4": 17}.get(str(image.tile[0].args), 1)


def _split_alpha(
    image: ImageFile, key: NDArray[np.int64] | None
) -> tuple[Image.Image, NDArray[np.uint8] | None]:
    """Split a decoded image into opaque 8-bit colours, of any colour space, and alpha."""
    plain: Image.Image = image
    if image.mode in ("P", "PA", "RGBa"):
        plain = image.convert("RGBA")
    elif image.mode == "La":
        plain = image.convert("LA")
    elif image.mode == "1":
        plain = image.convert("L")
    if plain.mode in ("RGBA", "LA"):
        return plain.convert(plain.mode[:-1]), samples(plain.getchannel("A"))
    alpha = None
    if key is not None:
        same = np.asarray(plain) == key
        alpha = np.where(same.all(axis=2) if same.ndim == 3 else same, 0, 255).astype(np.uint8)
    if plain.mode in ("I", "F") or plain.mode.startswith("I;16"):
        plain = Image.fromarray(_deep_grey(plain, _tiff_tags(image)))
    return plain, alpha


def _deep_grey(image: Image.Image, tags: dict[int, Any]) -> NDArray[np.uint8]:
    """Scale grey of 12 or 16 bits, or of floats in [0, 1] or [0, 255], to 8 bits."""
    samples = np.asarray(image, np.float32)
    if image.mode == "F":
        full = 1.0 if samples.max() <= 1.0 else 255.0
    else:
        full = float(2 ** min(16, *tags.get(_TIFF_BITS, (16,))) - 1)
    unit = samples / full
    if tags.get(_TIFF_PHOTOMETRIC) == 0:  # "white is zero": Pillow undoes it only up to 8 bits
        unit = 1.0 - unit
    if not (unit.min() >= 0.0 and unit.max() <= 1.0):  # also when a sample is not a number
        raise UnfitError(
            f"has grey values from {samples.min():g} to {samples.max():g};"
            " expected 8 or 16 bits, or floats from 0 to 1"
        )
    return np.rint(unit * 255.0).astype(np.uint8)


def _to_srgb(image: Image.Image, icc_profile: bytes | None) -> NDArray[np.uint8]:
    """Convert opaque 8-bit colours to sRGB (height, width, 3), with their profile if it fits."""
    if image.mode == "LAB":
        return _converted(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    if image.mode not in ("L", "CMYK", "RGB"):
        image = image.convert("RGB")
    if icc_profile:
        try:
            return _by_profile(image, icc_profile)
        except (ImageCms.PyCMSError, OSError, TypeError):
            pass  # a broken profile, or one for other colours: browsers assume sRGB too
    return samples(image if image.mode == "RGB" else image.convert("RGB"))


def _by_profile(image: Image.Image, icc_profile: bytes) -> NDArray[np.uint8]:
    """Convert "L", "RGB" or "CMYK" colours; PyCMSError if the profile is for others."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
    space = icc_profile[16:20]  # the header's field "data colour space" (ICC.1, 7.2.8)
    if space == b"GRAY" and image.mode == "RGB":
        red, green, blue = image.split()  # Pillow reads 16-bit grey with alpha as RGBA
        image = red if red == green == blue else image
    if image.mode != "L" or space not in (b"GRAY", b"RGB "):
        return _converted(image, profile)
    # The 256 greys go through the profile once, exactly: the shortcut that LittleCMS takes
    # for grey is off by 10/255 in the shadows of a linear profile.
    greys = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    greys = greys.convert("RGB") if space == b"RGB " else greys
    return _converted(greys, profile, ImageCms.Flags.NOOPTIMIZE)[0][np.asarray(image)]


def _converted(
    image: Image.Image,
    profile: ImageCms.ImageCmsProfile,
    flags: ImageCms.Flags = ImageCms.Flags.NONE,
) -> NDArray[np.uint8]:
    transform = ImageCms.buildTransform(
        profile,
        ImageCms.createProfile("sRGB"),
        image.mode,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=flags | ImageCms.Flags.BLACKPOINTCOMPENSATION,  # or dark CMYK tones drown
    )
    return samples(transform.apply(image))
