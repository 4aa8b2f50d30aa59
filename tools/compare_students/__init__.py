"""Compares students by the bytes that photos need with them."""
