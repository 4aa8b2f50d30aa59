"""Pictures: files, resizing, tiling, codecs, quality and stores for training. No networks."""
