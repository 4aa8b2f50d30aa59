"""Precisions of weights, and the tolerances of each."""
