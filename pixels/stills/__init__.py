"""Reading and writing still pictures as sRGB, upright."""
