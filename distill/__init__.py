"""Teach a student of a few thousand parameters what the teacher knows."""
