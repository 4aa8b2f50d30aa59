"""The losses of a student: distances to the true photo and to the teacher's output."""

from __future__ import annotations

from typing import Literal, cast

import torch
from torch import Tensor

from distill.judged.ssimulacra2 import ssimulacra2_error
from teacher.networks.chain import Chain
from teacher.networks.registry import Network
from teacher.training.feed import Batch

_DISTANCES = 4  # columns of the weights, before those of judges


def weights_of(
    *,
    truth: Tensor,
    teacher: Tensor,
    norm: Literal["l1", "l2"],
    ssimulacra2: Tensor | None = None,
) -> Tensor:
    """Write the weights of each crop's distances as a layer of its batch.

    A layer rather than an argument of `distances`: it travels with the crops to their process and
    device, and one compiled loss serves all stages.

    Args:
        truth: (batch,), weights of the distance to the true photo; 0 where it is not known.
        teacher: (batch,), weights of the distance to the teacher's output.
        norm: How distance is measured.
        ssimulacra2: (batch,), weights of SSIMULACRA2's error; without it that is not computed.

    Returns:
        (batch, 4 or 5, 1, 1): absolute and squared error to the truth, absolute and squared error
        to the teacher, and SSIMULACRA2's error.
    """
    absolute, squared = float(norm == "l1"), float(norm == "l2")
    columns = [absolute * truth, squared * truth, absolute * teacher, squared * teacher]
    if ssimulacra2 is not None:
        columns.append(ssimulacra2)
    return torch.stack(columns, dim=1).float()[:, :, None, None]


def distances(network: Network, batch: Batch) -> dict[str, Tensor]:
    """Measure |student - truth| and |student - teacher|, or their squares, as weighted means.

    The teacher's output is the part of the photo that a network can know: it lacks the noise.

    Args:
        network: The student.
        batch: Reduced crops, originals and the teacher's outputs, uint8 (batch, 3, side, side)
            each, and the weights from `weights_of`. A whole layer of originals or of teacher's
            outputs may be missing: (batch, 3, 0, 0).

    Returns:
        The terms `truth` and `teacher`, measured in the student's colour; with a weight of it
        `ssimulacra2`, of the student's output to the true photo, in colour.

    Source: output distillation for regression; e.g. Gao et al., "Image Super-Resolution Using
    Knowledge Distillation", 2018.
    """
    reduced, original, taught, weights = batch
    terms = {}
    if weights.shape[1] > _DISTANCES and original.shape[-1]:
        judged = cast(Chain, network).unclipped(reduced.float() / 255.0).float()
        error = ssimulacra2_error(judged, original.float() / 255.0)
        terms["ssimulacra2"] = (weights[:, _DISTANCES, 0, 0] * error).mean()
        output = network.native(judged)
    else:
        output = network.core(network.native(reduced.float() / 255.0)).float()
    for name, layer, first in (("truth", original, 0), ("teacher", taught, 2)):
        if layer.shape[-1] == 0:
            continue
        error = output - network.native(layer.float() / 255.0)
        absolute, squared = weights[:, first : first + 1], weights[:, first + 1 : first + 2]
        terms[name] = (absolute * error.abs() + squared * error.square()).mean()
    return terms
