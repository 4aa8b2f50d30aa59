"""File names as data: bytes that are not UTF-8, and names that are longer than file systems allow.

A file name is whatever bytes its owner gave it. Python carries bytes that are not UTF-8 as lone
surrogates, which no file in UTF-8 can hold.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import PurePath

MOST_BYTES = 255
"""Longest file name of common file systems, in bytes."""
_LONGEST_SUFFIX = 12
_DEVICES = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³]|conin\$|conout\$) *(\..*)?", re.I)
_DIGITS = 10


def as_text(name: str | PurePath) -> str:
    """Write a path or a sentence so that any text file can hold it.

    Args:
        name: A path, or a text with a path in it.

    Returns:
        The text; each byte of a name that is not UTF-8 becomes `%` and two hexadecimal digits.
    """
    return re.sub("[\ud800-\udfff]", lambda found: f"%{ord(found[0]) & 0xFF:02X}", str(name))


def is_reserved(name: str) -> bool:
    """Tell whether Windows takes a file's or folder's name for a device, as `aux` or `con.txt`."""
    return _DEVICES.fullmatch(name) is not None


def fitted(name: str, most_bytes: int = MOST_BYTES) -> str:
    """Shorten a file name that is too long; its suffix stays, a hash replaces its end.

    Args:
        name: A file name, without folders.
        most_bytes: How many bytes there are for it.

    Returns:
        The name itself where it fits. Different names stay different.
    """
    if len(os.fsencode(name)) <= most_bytes:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > _LONGEST_SUFFIX:
        stem, dot, suffix = name, "", ""
    digits = hashlib.sha256(os.fsencode(name)).hexdigest()[:_DIGITS]
    ending = f"-{digits}{dot}{suffix}"
    return cut(stem, most_bytes - len(os.fsencode(ending))) + ending


def cut(text: str, most_bytes: int) -> str:
    """Cut a text to a number of bytes of UTF-8, between characters."""
    return os.fsencode(text)[:most_bytes].decode("utf-8", "ignore")
