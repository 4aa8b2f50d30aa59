"""Proof that an exported model gives the pixels of the PyTorch network."""
