"""The search for the quality setting that just reaches a target."""
