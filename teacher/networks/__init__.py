"""The networks: plain modules, each with the configuration that rebuilds it."""
