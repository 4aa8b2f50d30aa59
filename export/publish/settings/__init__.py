"""Settings from a file: for the whole site, and for some of its photos."""
