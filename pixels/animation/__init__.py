"""Animated GIF, APNG and WebP: taken apart into whole frames, and written again."""
