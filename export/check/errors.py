"""What can go wrong with an export."""

from __future__ import annotations

from plumbing.command import UserError


class AgreementError(UserError):
    """An exported network gives other pixels than the PyTorch network."""


class RuntimeFaultError(UserError):
    """A runtime refuses or stops on a model that it should run."""
