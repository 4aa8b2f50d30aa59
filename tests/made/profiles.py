"""ICC profiles, written after ICC.1:2001-04, and the colours that they stand for."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray


def icc_profile(space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    described = {b"desc": b"desc" + struct.pack(">4xI", 2) + b"t\0" + bytes(78)} | tags
    table, body = b"", b""
    for name, data in described.items():
        start = 128 + 4 + 12 * len(described) + len(body)
        table += name + struct.pack(">II", start, len(data))
        body += data + bytes(-len(data) % 4)
    device = b"prtr" if space == b"CMYK" else b"mntr"
    fields = (132 + len(table) + len(body), b"\x02\x40\0\0", device, space, connection, b"acsp")
    head = struct.pack(">I4x4s4s4s4s12x4s28x", *fields) + fixed(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\0") + struct.pack(">I", len(described)) + table + body


def fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def gamma_curve(gamma: float) -> bytes:
    return b"curv" + struct.pack(">4xIH", 1, round(gamma * 256))


# Columns: the colorants of Display P3 and of sRGB, adapted to D50 (Apple's and HP's profiles).
P3 = np.array(
    [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]]
)
SRGB = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)


def rgb_profile(colorants: NDArray[np.float64], gamma: float) -> bytes:
    tags = {
        name + b"XYZ": b"XYZ " + bytes(4) + fixed(*column)
        for name, column in zip((b"r", b"g", b"b"), colorants.T, strict=True)
    }
    return icc_profile(
        b"RGB ", b"XYZ ", tags | {n + b"TRC": gamma_curve(gamma) for n in (b"r", b"g", b"b")}
    )


def grey_profile(gamma: float) -> bytes:
    white = b"XYZ " + bytes(4) + fixed(0.9642, 1.0, 0.8249)
    return icc_profile(b"GRAY", b"XYZ ", {b"wtpt": white, b"kTRC": gamma_curve(gamma)})


def cmyk_profile(cyan_lab: tuple[int, int, int]) -> bytes:
    """A press that prints full cyan as `cyan_lab` and full black as black; the rest is paper."""
    identity = bytes(range(256))
    corners = bytearray()
    for corner in range(16):  # cyan is the slowest index, black the fastest
        lightness, a, b = cyan_lab if corner & 8 else (100, 0, 0)
        lightness, a, b = (0, 0, 0) if corner & 1 else (lightness, a, b)
        corners += bytes((round(lightness * 2.55), a + 128, b + 128))
    matrix = fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    lut = (
        b"mft1"
        + bytes(4)
        + bytes((4, 3, 2, 0))
        + matrix
        + identity * 4
        + bytes(corners)
        + identity * 3
    )
    return icc_profile(b"CMYK", b"Lab ", {b"A2B0": lut})


def srgb_bytes(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = linear.clip(0, 1)
    return 255.0 * np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )


def lab_to_srgb(lightness: float, a: float, b: float) -> NDArray[np.float64]:
    f = (lightness + 16) / 116 + np.array([a / 500, 0.0, -b / 200])
    relative = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))
    xyz = np.array([0.9642, 1.0, 0.8249]) * relative
    return srgb_bytes(np.linalg.solve(SRGB, xyz))
