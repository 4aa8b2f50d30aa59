"""What a student imitates: the truth, its teacher, or both, crop by crop."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from teacher.networks.registry import Network
from teacher.training.feed import Batch


def weights_of(*, truth: Tensor, teacher: Tensor, norm: Literal["l1", "l2"]) -> Tensor:
    """Say, as a layer of a batch, how much each crop's distances weigh.

    A layer and not an argument of `distances`: it travels with the crops to whichever process and
    device works on them, and a compiled loss stays one and the same in all stages.

    Args:
        truth: (batch,), weights of the distance to the true photo; 0 where none is known.
        teacher: (batch,), weights of the distance to the teacher's output.
        norm: How distance is measured.

    Returns:
        (batch, 4, 1, 1): absolute and squared error to the truth, absolute and squared error to
        the teacher.
    """
    absolute, squared = float(norm == "l1"), float(norm == "l2")
    columns = [absolute * truth, squared * truth, absolute * teacher, squared * teacher]
    return torch.stack(columns, dim=1).float()[:, :, None, None]


def distances(network: Network, batch: Batch) -> dict[str, Tensor]:
    """Measure |student - truth| and |student - teacher|, or their squares, as weighted means.

    The teacher's output is what a network can know of the photo: it lacks the truth's noise.

    Args:
        network: The student.
        batch: Reduced crops, originals and the teacher's outputs, uint8 (batch, 3, side, side)
            each, and what `weights_of` gives. The originals, or the teacher's outputs, may be
            missing entirely: (batch, 3, 0, 0).

    Returns:
        The terms `truth` and `teacher` in the student's own colours.

    Source: output distillation for regression; e.g. Gao et al., "Image Super-Resolution Using
    Knowledge Distillation", 2018.
    """
    reduced, original, taught, weights = batch
    output = network.core(network.native(reduced.float() / 255.0)).float()
    terms = {}
    for name, layer, first in (("truth", original, 0), ("teacher", taught, 2)):
        if layer.shape[-1] == 0:
            continue
        error = output - network.native(layer.float() / 255.0)
        absolute, squared = weights[:, first : first + 1], weights[:, first + 1 : first + 2]
        terms[name] = (absolute * error.abs() + squared * error.square()).mean()
    return terms
