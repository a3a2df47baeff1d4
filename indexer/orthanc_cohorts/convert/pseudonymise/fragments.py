"""Fragments of compressed pixel data, made even where a writer left one odd (PS3.5 A.4).

Knows items and their lengths; no pixel is touched.
"""

from __future__ import annotations

from pydicom.dataset import Dataset

_ITEM = b"\xfe\xff\x00\xe0"
_HEADER = 8


def make_even(ds: Dataset) -> None:
    """Pad fragments of odd length, as the standard demands; without it what follows would be misread."""
    if "PixelData" not in ds or not ds["PixelData"].is_undefined_length:
        return
    value = ds["PixelData"].value
    if len(value) % 2:
        ds["PixelData"].value = _padded(value)


def _padded(value: bytes) -> bytes:
    """Return fragments, each of even length; what is no sequence of items stays as it is."""
    made, position = bytearray(), 0
    while value[position : position + 4] == _ITEM:
        length = int.from_bytes(value[position + 4 : position + _HEADER], "little")
        fragment = value[position + _HEADER : position + _HEADER + length]
        padding = length % 2
        made += _ITEM + (length + padding).to_bytes(4, "little") + fragment + bytes(padding)
        position += _HEADER + length
    return bytes(made) if position == len(value) else value
