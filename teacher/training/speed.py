"""Settings for speed that barely affect the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from plumbing.threads import Threads


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Number formats, compilation and threads."""

    precision: Literal["auto", "float32", "bf16"] = "auto"
    """`bf16` computes layers in bfloat16 and keeps weights and losses in float32; `auto` uses bf16
    on GPUs that support it, and float32 elsewhere."""
    compile: Literal["auto", "on", "off"] = "auto"
    """Whether to compile the network with torch.compile. `auto`: only on a GPU."""
    cuda_graphs: bool = True
    """Whether to record a step once and replay it, on a single GPU: small networks train several
    times faster."""
    threads: Threads = None
    """CPU threads; by default all that are available to this process."""

    def __post_init__(self) -> None:
        if self.threads is not None and self.threads < 1:
            raise ValueError(f"threads must be at least 1, got {self.threads}")

    def uses_bf16(self, device: torch.device) -> bool:
        """Whether layers compute in bfloat16 on a device."""
        if self.precision == "auto":
            return device.type == "cuda" and torch.cuda.is_bf16_supported()
        return self.precision == "bf16"

    def compiles(self, device: torch.device) -> bool:
        """Whether the network is compiled for a device."""
        return device.type == "cuda" if self.compile == "auto" else self.compile == "on"

    def records(self, device: torch.device, processes: int) -> bool:
        """Whether steps are recorded as CUDA graphs on a device by this many processes."""
        return self.cuda_graphs and device.type == "cuda" and processes == 1

    def placed(self, module: nn.Module, device: torch.device) -> nn.Module:
        """Move a module to a device; channels-last on GPUs, for their tensor cores."""
        module.to(device)
        return module.to(memory_format=_layout(device))  # pyright: ignore[reportCallIssue]


def transferred(layer: Tensor, device: torch.device) -> Tensor:
    """Copy a layer of a batch, uint8 (batch, 3, side, side), to a device without waiting for it."""
    if layer.device.type == "cuda":
        # Cut there on another stream: its memory must not be reused before this one is done.
        layer.record_stream(torch.cuda.current_stream(layer.device))
    elif device.type == "cuda":
        layer = layer.pin_memory()
    return layer.to(device, non_blocking=True, memory_format=_layout(device))


def _layout(device: torch.device) -> torch.memory_format:
    return torch.channels_last if device.type == "cuda" else torch.contiguous_format
