"""Train, evaluate and run super-resolution networks."""

from plumbing.extras import explain_missing_modules

explain_missing_modules()
