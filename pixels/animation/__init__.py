"""Animated GIF, APNG and WebP: read as whole frames, and written."""
