"""Measuring networks on photos: figures, and a sheet of crops side by side."""
