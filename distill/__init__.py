"""Teach a student of a few thousand parameters what the teacher knows."""

from plumbing.extras import explain_missing_modules

explain_missing_modules()
