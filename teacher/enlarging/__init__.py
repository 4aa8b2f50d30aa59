"""Run a network or a plain resize on whole pictures."""
