"""Students in whole numbers: every engine computes the same bytes (docs/decisions/0041)."""
