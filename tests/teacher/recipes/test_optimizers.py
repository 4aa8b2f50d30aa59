from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn

from teacher.recipes.optimizers import make_optimizer
from teacher.recipes.uncompiled import SGD
from tests.made.runs import ROOT

USED = """
import sys
from torch import nn, ones
from teacher.recipes.optimizers import make_optimizer
from teacher.recipes.uncompiled import SGD
network = nn.Linear(3, 2)
for optimizer in (
    make_optimizer("adam", network, 0.01),
    make_optimizer("soap", network, 0.01),
    SGD(network.parameters(), lr=0.01),
):
    for _ in range(2):
        optimizer.zero_grad()
        network(ones(1, 3)).sum().backward()
        optimizer.step()
        optimizer.load_state_dict(optimizer.state_dict())
sys.exit(str({"torch._dynamo"} & set(sys.modules)))
"""


@pytest.mark.process
def test_no_optimizer_imports_the_compiler() -> None:
    program = [sys.executable, "-c", USED]
    finished = subprocess.run(program, cwd=ROOT, check=False, capture_output=True, text=True)
    assert finished.stderr == "set()\n"


def train(network: nn.Linear, optimizer: torch.optim.Optimizer) -> None:
    inputs = torch.linspace(-1.0, 1.0, 12).reshape(4, 3)
    for _ in range(9):
        optimizer.zero_grad(set_to_none=True)
        network(inputs).square().mean().backward()
        optimizer.step()


Made = Callable[[nn.Module], torch.optim.Optimizer]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            lambda network: make_optimizer("adam", network, 0.1),
            lambda network: torch.optim.Adam(
                network.parameters(), lr=0.1, betas=(0.9, 0.99), fused=True
            ),
        ),
        (
            lambda network: SGD(network.parameters(), lr=0.1, momentum=0.5, nesterov=True),
            lambda network: torch.optim.SGD(
                network.parameters(), lr=0.1, momentum=0.5, nesterov=True
            ),
        ),
    ],
    ids=["adam", "sgd"],
)
def test_they_adjust_as_pytorchs_do(ours: Made, theirs: Made) -> None:
    start = nn.Linear(3, 2)
    networks = []
    for make in (ours, theirs):
        network = nn.Linear(3, 2)
        network.load_state_dict(start.state_dict())
        train(network, make(network))
        networks.append(network)
    assert torch.equal(networks[0].weight, networks[1].weight)
    assert torch.equal(networks[0].bias, networks[1].bias)
    assert not torch.allclose(networks[0].weight, start.weight)
