"""The element tree that both readers yield (PS3.5 section 7).

Values only: knows neither files nor meanings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

Value = Any
"""One of: `bytes`, the text or untyped value as encoded in little endian, padding included; Typed, where the
VR is needed to read it; a list of DataSet, a sequence; Skipped, bulk data."""

DataSet = dict[int, Value]
"""Tag (group << 16 | element) to value."""


class Typed(NamedTuple):
    """A value with the VR that an explicit encoding states: numbers in binary, and all private elements."""

    vr: bytes
    value: bytes


class Skipped(NamedTuple):
    """A long binary value that was jumped over; length_bytes is None where the encoding leaves it open."""

    length_bytes: int | None


class Flaw(NamedTuple):
    """A deviation met while reading: a stable rule name, the tag, and what was done."""

    rule: str
    tag: int | None
    action: str


@dataclass(slots=True)
class ParsedFile:
    """One DICOM object without its bulk data.

    transfer_syntax_uid: as the meta header states it, None without one.
    reader: `scan` or `pydicom`. flaws: in the order met; empty for a clean file.
    """

    dataset: DataSet
    transfer_syntax_uid: str | None
    reader: str
    flaws: list[Flaw] = field(default_factory=list)
    complete: bool = True
