"""One size of network: its quality, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Point:
    """Something that enlarges; costs are None where there is no network."""

    name: str
    """For tables and plots."""
    psnr: float
    """Mean over a benchmark, on luma, in dB."""
    ssimulacra2: float
    """Mean over a benchmark, at most 100."""
    parameters: int | None = None
    """Numbers that were trained."""
    float16_bytes: int | None = None
    """Of the weights."""
    float16_gzip_bytes: int | None = None
    """The same, gzip -9."""
    int8_bytes: int | None = None
    """Of the weights, a byte each."""
    int8_gzip_bytes: int | None = None
    """The same, gzip -9."""
    ms_per_megapixel: float | None = None
    """In ONNX Runtime, one thread, per megapixel of output."""
