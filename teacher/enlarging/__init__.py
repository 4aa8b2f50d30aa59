"""A network, or a resize, at work on whole pictures."""
