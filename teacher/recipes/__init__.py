"""How a network is trained: schedules, presets and optimisers."""
