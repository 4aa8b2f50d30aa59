"""How fast a machine is made to work: settings that hardly touch what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from teacher.training.threads import Threads


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Number formats, compilation and threads."""

    precision: Literal["auto", "float32", "bf16"] = "auto"
    """`bf16` computes layers in bfloat16 and keeps weights and losses in float32; `auto` does so
    on a GPU that can, and is float32 elsewhere."""
    compile: Literal["auto", "on", "off"] = "auto"
    """Whether torch.compile builds kernels for the network first. `auto`: on a GPU only."""
    cuda_graphs: bool = True
    """Whether, on one GPU, a step is recorded once and replayed: small networks are several times
    faster."""
    threads: Threads = None
    """CPU threads; by default all that this process may use."""

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
        """Whether steps are recorded as CUDA graphs on a device, one of so many."""
        return self.cuda_graphs and device.type == "cuda" and processes == 1

    def placed(self, module: nn.Module, device: torch.device) -> nn.Module:
        """Move a module to a device; convolutions channels-last where tensor cores want it."""
        module.to(device)
        return module.to(memory_format=_layout(device))  # pyright: ignore[reportCallIssue]


def sent(layer: Tensor, device: torch.device) -> Tensor:
    """Bring a part of a batch, uint8 (batch, 3, side, side), to a device without waiting for it."""
    if layer.device.type == "cuda":
        # Cut there on another stream: its memory must not be used again before this one is done.
        layer.record_stream(torch.cuda.current_stream(layer.device))
    elif device.type == "cuda":
        layer = layer.pin_memory()
    return layer.to(device, non_blocking=True, memory_format=_layout(device))


def _layout(device: torch.device) -> torch.memory_format:
    return torch.channels_last if device.type == "cuda" else torch.contiguous_format
