"""Where the walker's bytes come from: memory, or a file of which only the needed parts are read.

Knows nothing of DICOM.
"""

from __future__ import annotations

import os
from typing import BinaryIO

HEADER_BYTES = 12
"""The longest header of one data element (PS3.5 7.1.2)."""

PADDING = bytes(16)
"""Zeros behind the last byte, so that a header cut off by the end of the file can still be unpacked."""


class MemorySource:
    """A whole object in memory: one window over everything."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = data + PADDING

    def window(self, position: int) -> tuple[bytes, int, int]:
        """Return (bytes, offset of their first byte, offset behind the last); the bytes are padded."""
        return self._data, 0, self.size

    def read(self, position: int, length: int) -> bytes:
        """Return `length` bytes at a position, fewer at the end."""
        return self._data[position : min(position + length, self.size)]


class FileSource:
    """An open binary file, read through one window that moves forward.

    Whatever lies between windows is never read. Small files are taken whole; of others the first window is
    short, since the header of an image seldom has more.
    """

    FIRST_WINDOW = 8_192
    WINDOW = 32_768

    def __init__(self, file: BinaryIO, whole_below: int = 2 * WINDOW) -> None:
        self.size = os.fstat(file.fileno()).st_size
        self._descriptor = file.fileno()
        self._current = self._window(0, self.size if self.size <= whole_below else self.FIRST_WINDOW)

    def window(self, position: int) -> tuple[bytes, int, int]:
        """Return (bytes, offset of their first byte, offset behind the last); the bytes are padded."""
        _, base, limit = self._current
        if not base <= position <= limit - HEADER_BYTES and not (base <= position and limit == self.size):
            self._current = self._window(position, self.WINDOW)
        return self._current

    def _window(self, position: int, length: int) -> tuple[bytes, int, int]:
        data = self._pread(length, position)
        return data + PADDING, position, position + len(data)

    def _pread(self, length: int, position: int) -> bytes:
        return os.pread(self._descriptor, length, position)

    def read(self, position: int, length: int) -> bytes:
        """Return `length` bytes at a position, fewer at the end of the file.

        Asks for no more than the file holds, however long a damaged header claims the value to be.
        """
        wanted = max(0, min(length, self.size - position))
        data, base, limit = self._current
        if base <= position and position + wanted <= limit:
            return data[position - base : position - base + wanted]
        parts = []
        while wanted > 0 and (part := self._pread(wanted, position)):
            parts.append(part)
            position += len(part)
            wanted -= len(part)
        return b"".join(parts)


class SeekableSource(FileSource):
    """A file that is no file of this machine, such as an object of a store, where each reading takes a while.

    So the windows are larger, and the first one is handed over: whoever opens many files reads it ahead.
    """

    WINDOW = 262_144

    def __init__(self, file: BinaryIO, head: bytes, size: int) -> None:
        """head: the first bytes of the file; size: of all of it."""
        self.size = size
        self._file = file
        self._current = head + PADDING, 0, len(head)

    def _pread(self, length: int, position: int) -> bytes:
        self._file.seek(position)
        return self._file.read(length)
