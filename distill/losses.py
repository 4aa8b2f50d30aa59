"""What a student imitates: the truth, and its teacher."""

from __future__ import annotations

from torch import Tensor

from teacher.loop import Batch, Objective
from teacher.networks import Network


def distillation(teacher_weight: float) -> Objective:
    """Make the loss |student - truth| + teacher_weight * |student - teacher|, both means.

    The teacher's output is what a network can know of the photo: it lacks the truth's noise.

    Args:
        teacher_weight: At least 0; 0 leaves the teacher out.

    Returns:
        An objective for batches of reduced crops, originals and the teacher's outputs, uint8
        (batch, 3, side, side) each; compared in the student's own colours.

    Source: output distillation for regression; e.g. Gao et al., "Image Super-Resolution Using
    Knowledge Distillation", 2018.
    """

    def objective(network: Network, batch: Batch) -> dict[str, Tensor]:
        reduced, original, taught = (network.native(layer.float() / 255.0) for layer in batch)
        output = network.core(reduced)
        return {
            "truth": (output - original).abs().mean(),
            "teacher": teacher_weight * (output - taught).abs().mean(),
        }

    return objective
