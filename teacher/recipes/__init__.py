"""How networks are trained: schedules, presets and optimisers."""
