"""The colours that a file declares: by an ICC profile, code points, or gamma and chromaticities.

What is heeded, and how, is what Chromium does: it was measured, and holds to one step.

Sources: ITU-T H.273 (07/2024), tables 2 and 3; W3C, "Portable Network Graphics (PNG) Specification
(Third Edition)", 2025, sections 4.3 and 11.3.2; ISO/IEC 14496-12 and 23008-12 (boxes).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL.ImageFile import ImageFile

from pixels.picture import UnfitError

Chromaticities = tuple[tuple[float, float], ...]
"""x and y of red, green, blue and white."""
Curve = tuple[float, ...]
"""Parameters g, a, b, c, d of "parametricCurveType" 3, or g alone (ICC.1, 10.18)."""

_D65, _C = (0.3127, 0.3290), (0.310, 0.316)
_SRGB: Chromaticities = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
_SMPTE: Chromaticities = ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65)
_PRIMARIES: dict[int, Chromaticities] = {
    1: _SRGB,
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: _SMPTE,
    7: _SMPTE,
    8: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    10: ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0), (1 / 3, 1 / 3)),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
_SRGB_CURVE: Curve = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_CURVES: dict[int, Curve] = {
    4: (2.2,),
    5: (2.8,),
    7: (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4, 0.0912),
    8: (1.0,),
    13: _SRGB_CURVE,
    17: (2.6, (52.37 / 48) ** (1 / 2.6), 0.0, 0.0, 0.0),
}
# Those of video: in an AVIF they are sRGB's curve, in a PNG that of a studio monitor.
_VIDEO, _MONITOR = (1, 6, 11, 14, 15), (2.4,)
_NOT_SHOWN_IN_AVIF = range(9, 13)
_RESERVED_IN_AVIF = (0, 3)
_HDR = {16: "PQ", 18: "HLG"}
# Without chromaticities, a gamma this near to sRGB's means sRGB (libpng's threshold).
_GAMMA, _NEAR = 1 / 2.2, 0.05
_LEAST_GAMMA = 0.01
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_MOST_XYZ = 8.0
_MOST_META_BYTES = 1 << 24


def profile_of(image: ImageFile) -> bytes | None:
    """Find the ICC profile by which a browser would show a picture.

    Args:
        image: What `PIL.Image.open` returned; pixels are not loaded yet.

    Returns:
        The file's own profile, or one made for the colours that it declares otherwise; None for
        sRGB.

    Raises:
        UnfitError: The colours are HDR, or of a kind that is not supported.
    """
    embedded = image.info.get("icc_profile")
    if image.format == "PNG" and image.fp is not None:
        declared = _of_png_codes(*_png_codes(image.fp))
        return declared.profile if declared else embedded or _profile_of_gamma(image)
    if image.format == "AVIF" and image.fp is not None and not embedded:
        return _of_avif_codes(*_avif_codes(image.fp)).profile
    return embedded


@dataclass(frozen=True)
class _Declared:
    """Primaries and curve."""

    chromaticities: Chromaticities
    curve: Curve

    @property
    def profile(self) -> bytes | None:
        """An ICC profile; None for sRGB."""
        srgb = self.chromaticities == _SRGB and self.curve == _SRGB_CURVE
        return None if srgb else _profile(self.chromaticities, self.curve)


def _of_png_codes(primaries: int, transfer: int, matrix: int, full_range: int) -> _Declared | None:
    """Look up the code points of a PNG; None if they say nothing, and other chunks count."""
    if matrix:
        raise UnfitError("has colours that no PNG can have (cICP); save it as sRGB")
    curve = _MONITOR if transfer in _VIDEO else _CURVES.get(transfer)
    if not full_range or primaries not in _PRIMARIES:
        return None
    _refuse_hdr(transfer)
    return _Declared(_PRIMARIES[primaries], curve) if curve else None


def _of_avif_codes(primaries: int, transfer: int) -> _Declared:
    """Look up the code points of an AVIF; what is unknown or unspecified is sRGB."""
    _refuse_hdr(transfer)
    if transfer in _NOT_SHOWN_IN_AVIF:
        raise UnfitError(
            f"has a transfer function that browsers do not show ({transfer} of H.273); save it as "
            "sRGB or Display P3"
        )
    if transfer in _RESERVED_IN_AVIF:
        return _Declared(_SRGB, _SRGB_CURVE)
    return _Declared(_PRIMARIES.get(primaries, _SRGB), _CURVES.get(transfer, _SRGB_CURVE))


def _refuse_hdr(transfer: int) -> None:
    if transfer in _HDR:
        raise UnfitError(
            f"is HDR ({_HDR[transfer]}), which every screen shows differently; save it as sRGB or "
            "Display P3"
        )


def _profile_of_gamma(image: ImageFile) -> bytes | None:
    """Make a profile for the chunks gAMA and cHRM of a PNG; None for sRGB."""
    gamma = image.info.get("gamma", 0.0)
    if "srgb" in image.info or not _LEAST_GAMMA <= gamma <= 1 / _LEAST_GAMMA:
        return None
    flat = image.info.get("chromaticity", ())
    if len(flat) != 8:
        near = abs(gamma / _GAMMA - 1.0) <= _NEAR
        return None if near else _profile(_SRGB, (1.0 / gamma,))
    white, *colours = zip(flat[::2], flat[1::2], strict=True)
    return _profile((*colours, white), (1.0 / gamma,))


def _png_codes(file: IO[bytes]) -> tuple[int, int, int, int]:
    """Read the chunk cICP, which Pillow does not know; zeros if there is none."""
    place = file.tell()
    try:
        file.seek(8)
        while len(head := file.read(8)) == 8 and head[4:] != b"IDAT":
            length = int.from_bytes(head[:4], "big")
            if head[4:] == b"cICP" and length == 4:
                primaries, transfer, matrix, full_range = file.read(4)
                return primaries, transfer, matrix, full_range
            file.seek(length + 4, 1)
    finally:
        file.seek(place)
    return 0, 0, 0, 0


def _avif_codes(file: IO[bytes]) -> tuple[int, int]:
    """Read primaries and transfer of the primary item from its box "colr"; zeros if it has none."""
    place = file.tell()
    try:
        file.seek(0)
        meta = dict(_boxes(_meta_of(file)[4:]))
    finally:
        file.seek(place)
    properties = dict(_boxes(meta.get(b"iprp", b"")))
    listed = list(_boxes(properties.get(b"ipco", b"")))
    for index in _indices(properties.get(b"ipma", b""), _primary_item(meta.get(b"pitm", b""))):
        name, body = listed[index - 1] if 0 < index <= len(listed) else (b"", b"")
        if name == b"colr" and body[:4] == b"nclx" and len(body) >= 8:
            primaries, transfer = struct.unpack_from(">HH", body, 4)
            return primaries, transfer
    return 0, 0


def _meta_of(file: IO[bytes]) -> bytes:
    """Read the body of a file's box "meta"."""
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        length = int.from_bytes(file.read(8), "big") - 16 if length == 1 else length - 8
        if name == b"meta":
            return file.read(min(length, _MOST_META_BYTES) if length >= 0 else _MOST_META_BYTES)
        if length < 0:
            break
        file.seek(length, 1)
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Split ISO boxes into name and body."""
    at = 0
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        length = length or len(data) - at
        if length < 8:
            return
        yield name, data[at + 8 : at + length]
        at += length


def _primary_item(body: bytes) -> int:
    return int.from_bytes(body[4:6] if body[:1] == b"\0" else body[4:8], "big")


def _indices(body: bytes, item: int) -> list[int]:
    """List the properties of an item, counted from 1, from the body of a box "ipma"."""
    reader = io.BytesIO(body)

    def number(size: int) -> int:
        data = reader.read(size)
        if len(data) < size:
            raise EOFError
        return int.from_bytes(data, "big")

    try:
        version, wide = number(1), number(3) & 1
        for _ in range(number(4)):
            found = number(2 if version < 1 else 4)
            own = [number(2) & 0x7FFF if wide else number(1) & 0x7F for _ in range(number(1))]
            if found == item:
                return own
    except EOFError:
        pass
    return []


def _profile(chromaticities: Chromaticities, curve: Curve) -> bytes | None:
    """Write an ICC profile for these primaries and this curve; None if no light has them."""
    colorants = _colorants(chromaticities)
    if colorants is None:
        return None
    kind = 0 if len(curve) == 1 else 3
    tone = b"para" + struct.pack(">4xHxx", kind) + _fixed(*curve)
    tags = {
        b"desc": b"mluc" + struct.pack(">4xIIHHII", 1, 12, 0x656E, 0x5553, 2, 28) + b"\0d\0\0",
        b"wtpt": b"XYZ " + bytes(4) + _fixed(*_D50),
        **{
            name + b"XYZ": b"XYZ " + bytes(4) + _fixed(*column)
            for name, column in zip((b"r", b"g", b"b"), colorants.T, strict=True)
        },
        **{name + b"TRC": tone for name in (b"r", b"g", b"b")},
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data
    size = start + len(body)
    head = struct.pack(">I4xI4s4s4s12x4s28x", size, 0x04300000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return (head + _fixed(*_D50)).ljust(128, b"\0") + table + body


def _colorants(chromaticities: Chromaticities) -> NDArray[np.float64] | None:
    """Compute XYZ of red, green and blue, as columns, adapted to D50 by Bradford's method."""
    x, y = np.array(chromaticities, np.float64).T
    xyz = np.stack([x, y, 1.0 - x - y])
    if y[3] <= 0.0 or abs(np.linalg.det(xyz[:, :3])) < 1e-6:
        return None
    white = xyz[:, 3] / y[3]
    columns = xyz[:, :3] * np.linalg.solve(xyz[:, :3], white)
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adapted = np.linalg.solve(_BRADFORD, cones[:, None] * _BRADFORD) @ columns
    return adapted if np.abs(adapted).max() < _MOST_XYZ else None


def _fixed(*values: float) -> bytes:
    """Encode numbers as ICC's s15Fixed16."""
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)
