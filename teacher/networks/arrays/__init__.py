"""Chains without PyTorch: computed with NumPy alone."""
