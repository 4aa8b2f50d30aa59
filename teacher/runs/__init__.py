"""Run folders: what a training leaves, and where released ones lie."""
