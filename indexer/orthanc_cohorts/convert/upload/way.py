"""A way into an Orthanc, as `sending` walks it: what it holds already, and how one file is sent.

Knows no protocol; `rest` and `stow` are two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from orthanc_cohorts.convert.upload.files import Named
from orthanc_cohorts.convert.upload.target import Body, Connection

WHOLE_BYTES = 1 << 22
"""A file up to this size is read at once; a larger one is sent in pieces, whatever its size."""
_PIECE = 1 << 20


class Unreadable(Exception):
    """A file cannot be read, or ended before its length."""


class Sent(NamedTuple):
    """What became of one file. refusal: why it is not stored. again: trying once more may help."""

    became: Literal["stored", "already", "refused"]
    refusal: str = ""
    again: bool = False


class Way(Protocol):
    """A way into an Orthanc."""

    batch: int
    """How many files are asked about at once."""

    def held(self, connection: Connection, files: Sequence[Named]) -> set[Path]:
        """Return the files whose objects are there already. Raises Broken, Refused."""

    def send(self, connection: Connection, path: Path) -> Sent:
        """Send a file. Raises Broken, Refused, Unreadable."""

    def is_there(self, connection: Connection) -> bool:
        """Whether anybody answers at all. Raises Refused."""


def content(path: Path, head: bytes = b"", tail: bytes = b"") -> tuple[Body, int]:
    """Return the content of a file between two pieces, and its length. Raises Unreadable."""
    try:
        size = path.stat().st_size
        if size <= WHOLE_BYTES:
            body = head + path.read_bytes() + tail
            return body, len(body)
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    return _pieces(path, size, head, tail), len(head) + size + len(tail)


def _pieces(path: Path, size: int, head: bytes, tail: bytes) -> Iterator[bytes]:
    if head:
        yield head
    left = size
    try:
        with path.open("rb") as file:
            while left and (piece := file.read(min(_PIECE, left))):
                left -= len(piece)
                yield piece
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    if left:
        raise Unreadable("it became shorter while it was sent")
    if tail:
        yield tail
