"""Searches for better training settings."""
