"""The losses of a student: distances to the true photo and to the teacher's output."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Literal, cast

import torch
from torch import Tensor

from distill.judged.colorvideovdp import colorvideovdp_error
from distill.judged.ssimulacra2 import ssimulacra2_error
from teacher.networks.chain import Chain
from teacher.networks.integer.quantised import QuantisedChain
from teacher.networks.registry import Network
from teacher.training.feed import Batch

JUDGES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "ssimulacra2": ssimulacra2_error,
    "colorvideovdp": colorvideovdp_error,
}
"""Errors of pictures, (batch,), as judges see them, by the name of their weight in a stage."""

# Crops with hard edges: their contrast, one of how many crops is one, and the weight of its error,
# which is much larger than that of others.
_CONTRAST, _EVERY, _WEIGHT = 4.0, 8, 0.1


def weights_of(*, truth: Tensor, teacher: Tensor, norm: Literal["l1", "l2"]) -> Tensor:
    """Write the weights of each crop's distances as a layer of its batch.

    A layer rather than an argument of `distances`: it travels with the crops to their process and
    device, and one compiled loss serves all stages.

    Args:
        truth: (batch,), weights of the distance to the true photo; 0 where it is not known.
        teacher: (batch,), weights of the distance to the teacher's output.
        norm: How distance is measured.

    Returns:
        (batch, 4, 1, 1): absolute and squared error to the truth, absolute and squared error to
        the teacher.
    """
    absolute, squared = float(norm == "l1"), float(norm == "l2")
    columns = [absolute * truth, squared * truth, absolute * teacher, squared * teacher]
    return torch.stack(columns, dim=1).float()[:, :, None, None]


def weights_of_judges(known: Tensor, **weights: float) -> list[Tensor]:
    """Write the weights of judges as further layers of a batch; none if no judge has a weight.

    Args:
        known: (batch,), 1 for crops whose true photo is known, else 0: those are not judged.
        weights: Weight of each of `JUDGES`.

    Returns:
        A layer for each of `JUDGES`, in order: (batch, 1, 1, 1), or (batch, 0, 1, 1) for one that
        is not asked, so that its error is not computed.
    """
    if not any(weights.values()):
        return []
    column = known.float()[:, None, None, None]
    return [weights[name] * column if weights[name] else column[:, :0] for name in JUDGES]


def with_hard_edges(reduced: Tensor) -> Tensor:
    """Turn some crops into black and white, or nearly: the edges of letters and drawings.

    Photos have few, and a student in whole numbers has no room for features that it never met: on a
    slide it lost 0.4 dB.

    Args:
        reduced: (batch, 3, height, width), in [0, 1].
    """
    hard = (_CONTRAST * (reduced - 0.5) + 0.5).clamp(0.0, 1.0)
    return torch.where(_has_hard_edges(reduced)[:, None, None, None], hard, reduced)


def _has_hard_edges(batch: Tensor) -> Tensor:
    return torch.arange(len(batch), device=batch.device) % _EVERY == 0


def nearness(floats: Chain) -> Callable[[Network, Batch], dict[str, Tensor]]:
    """Make the objective of a student in whole numbers: to be what it was in floats.

    Unlike the true photo, that has no noise of its own: a few steps find the nearest integers, and
    it is good for whatever the student was trained for, and judged by.

    Args:
        floats: The student in floats; it is not changed.
    """
    floats = deepcopy(floats).requires_grad_(False)

    def objective(network: Network, batch: Batch) -> dict[str, Tensor]:
        reduced = with_hard_edges(batch[0].float() / 255.0)
        wanted = floats.to(reduced.device).core(floats.native(reduced))
        made = network.core(network.native(reduced)).float()
        # In bytes: as ones, squares of what roundings change would be too small to print.
        error = (255.0 * (made - wanted.float())).square().mean(dim=(1, 2, 3))
        return {"floats": torch.where(_has_hard_edges(error), _WEIGHT * error, error).mean()}

    return objective


def distances(network: Network, batch: Batch) -> dict[str, Tensor]:
    """Measure |student - truth| and |student - teacher|, or their squares, as weighted means.

    The teacher's output is the part of the photo that a network can know: it lacks the noise.

    Args:
        network: The student.
        batch: Reduced crops, originals and the teacher's outputs, uint8 (batch, 3, side, side)
            each, and the weights from `weights_of` and `weights_of_judges`. A whole layer of
            originals or of teacher's outputs may be missing: (batch, 3, 0, 0).

    Returns:
        The terms `truth` and `teacher`, measured in the student's colour, and one for each judge
        that is asked, of the student's picture and the true photo.

    Source: output distillation for regression; e.g. Gao et al., "Image Super-Resolution Using
    Knowledge Distillation", 2018.
    """
    reduced, original, taught, weights, *judges = batch
    terms = {}
    if judges and original.shape[-1]:
        picture = cast(Chain | QuantisedChain, network).unclipped(reduced.float() / 255.0).float()
        for (name, error_of), weight in zip(JUDGES.items(), judges, strict=True):
            if weight.shape[1]:
                error = error_of(picture, original.float() / 255.0)
                terms[name] = (weight[:, 0, 0, 0] * error).mean()
        output = network.native(picture)
    else:
        output = network.core(network.native(reduced.float() / 255.0)).float()
    for name, layer, first in (("truth", original, 0), ("teacher", taught, 2)):
        if layer.shape[-1] == 0:
            continue
        error = output - network.native(layer.float() / 255.0)
        absolute, squared = weights[:, first : first + 1], weights[:, first + 1 : first + 2]
        terms[name] = (absolute * error.abs() + squared * error.square()).mean()
    return terms
