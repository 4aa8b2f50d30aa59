"""Train, evaluate and run super-resolution networks."""
