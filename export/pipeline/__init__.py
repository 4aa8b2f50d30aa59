"""The steps that are common to all exports: load, write, check, describe."""
