"""Which pictures of a collection are fit for training."""
