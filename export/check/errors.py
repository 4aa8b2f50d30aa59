"""Errors of checking an export."""

from __future__ import annotations

from plumbing.command import UserError


class AgreementError(UserError):
    """An exported network does not give the pixels of the PyTorch network."""


class RuntimeFaultError(UserError):
    """A runtime rejects a model that it should run, or fails on it."""
