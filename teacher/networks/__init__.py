"""The networks: plain modules, each with the config that rebuilds it."""
