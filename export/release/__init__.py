"""Train everything that is released."""
