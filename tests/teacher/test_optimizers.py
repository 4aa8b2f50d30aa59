from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn

from teacher.optimizers import OptimizerName, make_optimizer, prepare
from tests.made_runs import ROOT

USED = """
import sys, torch
from teacher.optimizers import make_optimizer
network = torch.nn.Linear(3, 2)
optimizer = make_optimizer("{name}", network, 0.01)
for _ in range(2):
    optimizer.zero_grad()
    network(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
sys.exit(str({{"torch._dynamo"}} & set(sys.modules)))
"""


@pytest.mark.parametrize("name", ["adam", "soap"])
def test_an_optimizer_never_imports_the_compiler(name: OptimizerName) -> None:
    program = [sys.executable, "-c", USED.format(name=name)]
    done = subprocess.run(program, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.stderr == "set()\n"


def trained(network: nn.Linear, optimizer: torch.optim.Optimizer) -> Tensor:
    inputs = torch.linspace(-1.0, 1.0, 12).reshape(4, 3)
    for step in range(9):
        prepare(optimizer, rate=0.1 / (1 + step), step=step)
        optimizer.zero_grad(set_to_none=True)
        network(inputs).square().mean().backward()
        optimizer.step()
    return network.weight.detach()


def test_adam_is_pytorchs() -> None:
    ours, theirs = nn.Linear(3, 2), nn.Linear(3, 2)
    theirs.load_state_dict(ours.state_dict())
    start = ours.weight.detach().clone()
    reference = torch.optim.Adam(theirs.parameters(), lr=0.1, betas=(0.9, 0.99), fused=True)
    found = trained(ours, make_optimizer("adam", ours, 0.1))
    assert torch.equal(found, trained(theirs, reference))
    assert not torch.allclose(found, start)


def test_a_step_records_no_gradient_of_itself() -> None:
    network = nn.Linear(3, 2)
    trained(network, make_optimizer("adam", network, 0.1))
    assert all(weight.is_leaf for weight in network.parameters())
