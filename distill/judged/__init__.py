"""Judges of pictures as losses: what the judges of `pixels.quality` measure, with gradients."""
