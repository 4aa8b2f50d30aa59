from __future__ import annotations

import pytest
import torch

from distill.students import SIZES, StudentConfig
from teacher.chain import Chain
from teacher.networks import parameter_count


@pytest.mark.parametrize(("name", "parameters"), [("nano", 5_848), ("small", 14_772)])
def test_named_sizes_have_the_published_number_of_parameters(name: str, parameters: int) -> None:
    # first (9 + 1) c, body (9 c + 1) c each, last (9 c + 1) 4, and a PReLU slope per feature map
    size = SIZES[name]
    c = size.channels
    by_hand = 10 * c + size.body * (9 * c + 1) * c + (9 * c + 1) * 4 + (size.body + 1) * c
    assert parameter_count(Chain(StudentConfig(student=name).chain(2))) == by_hand == parameters


def test_flags_override_the_named_size() -> None:
    config = StudentConfig(student="nano", body=2, colour="rgb", activation="relu").chain(3)
    assert (config.body, config.channels, config.colour, config.scale) == (2, 12, "rgb", 3)
    assert Chain(config)(torch.zeros(1, 3, 4, 5)).shape == (1, 3, 12, 15)


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"nano, small.*'huge'"):
        StudentConfig(student="huge")
    with pytest.raises(ValueError, match="channels"):
        StudentConfig(channels=0).chain(2)
