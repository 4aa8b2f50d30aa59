"""Photos of a training, in memory-mapped shards."""
