"""Reducers: trained networks that make a photo smaller, in place of a filter, for a student."""
