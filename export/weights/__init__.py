"""Precisions of weights, and what they may cost."""
