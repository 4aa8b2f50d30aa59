"""Pictures: files, resizing, tiling, codecs, quality and stores for training. No networks."""

from plumbing.extras import explain_missing_modules

explain_missing_modules()
