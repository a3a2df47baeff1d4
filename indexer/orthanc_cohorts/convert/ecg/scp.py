"""SCP-ECG files (EN 1064:2005, ISO 11073-91064): sections with their checksums, and the rhythm in them.

Reads rhythms as numbers, first or second differences, plain or in Huffman codes. Rhythms from which reference
beats are taken away, or that are thinned out between beats, are refused.
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from orthanc_cohorts.convert.ecg import scp_header
from orthanc_cohorts.convert.ecg.huffman import DEFAULT, BadBits, Code, Table, decoded, undifferenced
from orthanc_cohorts.convert.ecg.leads import numbered_lead
from orthanc_cohorts.convert.ecg.recording import Lead, Recording, Strip
from orthanc_cohorts.convert.problem import Problem, raise_any
from orthanc_cohorts.errors import ConversionError

_DEFAULT_TABLE = 19999
_ORDERS = (0, 1, 2)
_HEADER = 16
_NAMES = {
    1: "I", 2: "II", 61: "III", 62: "aVR", 63: "aVL", 64: "aVF",
    3: "V1", 4: "V2", 5: "V3", 6: "V4", 7: "V5", 8: "V6", 9: "V7", 66: "V8", 67: "V9",
    10: "V2R", 11: "V3R", 12: "V4R", 13: "V5R", 14: "V6R", 15: "V7R", 16: "X", 17: "Y", 18: "Z",
}  # fmt: skip


class Place(NamedTuple):
    """Where a lead is in section 3: its number in SCP-ECG, and how many samples it has."""

    number: int
    samples: int


def read_scp(path: Path) -> Recording:
    """Return the ECG of a file.

    Raises ConversionError: it is none, a checksum is wrong, or its rhythm is stored in a way not read here.
    """
    sections = _sections(path.read_bytes(), path.name)
    for number, what in ((1, "patient"), (3, "leads"), (6, "rhythm")):
        if number not in sections:
            raise ConversionError(Problem(path.name, f"has no section {number} ({what})"))
    try:
        tables = _tables(sections.get(2))
        leads = _leads(path.name, sections, tables)
        return scp_header.recording(path.stem, Strip("RHYTHM", tuple(leads)), sections)
    except struct.error as error:
        raise ConversionError(Problem(path.name, f"a section ends too early: {error}")) from error


def _sections(data: bytes, source: str) -> dict[int, bytes]:
    """Return what the sections hold, by number, without their headers; empty sections are left out."""
    problems = []
    if len(data) < 6 + _HEADER + 10:
        raise ConversionError(Problem(source, "is too short for an SCP-ECG file"))
    checksum, length = struct.unpack_from("<HI", data)
    # What some archives append is no part of the record.
    data = data[:length]
    if length > len(data):
        problems.append(Problem(source, f"says that it has {length} bytes, and has {len(data)}"))
    elif binascii.crc_hqx(data[2:], 0xFFFF) != checksum:
        problems.append(Problem(source, "its bytes do not fit the checksum of the file"))
    found = {}
    for number, size, index in _pointers(data):
        section = data[index - 1 : index - 1 + size] if index > 0 else b""
        if len(section) < size or size < _HEADER:
            problems.append(Problem(source, f"section {number} is not within the file"))
        elif struct.unpack_from("<H", section)[0] != binascii.crc_hqx(section[2:], 0xFFFF):
            problems.append(Problem(source, f"section {number} does not fit its checksum"))
        elif struct.unpack_from("<H", section, 2)[0] != number:
            problems.append(Problem(source, f"where section {number} is said to be is another one"))
        else:
            found[number] = section[_HEADER:]
    raise_any(problems)
    return found


def _pointers(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield number, length and place (from 1) of every section but the pointers' own that is not empty."""
    size = struct.unpack_from("<I", data, 6 + 4)[0]
    for at in range(6 + _HEADER, min(6 + size, len(data)) - 9, 10):
        number, length, index = struct.unpack_from("<HII", data, at)
        if number and length:
            yield number, length, index


def _tables(section: bytes | None) -> list[Table]:
    """Return the Huffman tables, none where the samples are plain numbers (section 2)."""
    if section is None:
        return []
    count = struct.unpack_from("<H", section)[0]
    if count == _DEFAULT_TABLE:
        return [DEFAULT]
    tables, at = [], 2
    for _ in range(count):
        lines = struct.unpack_from("<H", section, at)[0]
        at += 2
        table = []
        for _ in range(lines):
            prefix, bits, mode, value, base = struct.unpack_from("<BBBhI", section, at)
            table.append(Code(prefix, bits, mode == 1, value, base))
            at += 9
        tables.append(tuple(table))
    return tables


def _leads(source: str, sections: dict[int, bytes], tables: list[Table]) -> list[Lead]:
    """Return the leads of the rhythm (sections 3 and 6)."""
    places, is_reduced = _places(sections[3])
    nanovolt, microseconds, order, is_thinned = struct.unpack_from("<HHBB", sections[6])
    problems = []
    if is_reduced:
        problems.append(Problem(source, "reference beats are taken away from its rhythm; this is not read"))
    if is_thinned:
        problems.append(
            Problem(source, "its rhythm is thinned out between beats (bimodal); this is not read")
        )
    if order not in _ORDERS:
        problems.append(Problem(source, f"its rhythm is stored in way {order}, which there is not"))
    if not nanovolt or not microseconds:
        problems.append(Problem(source, "does not say what a step or the time between samples is"))
    raise_any(problems)
    filters = scp_header.filters(sections[1])
    lengths = struct.unpack_from(f"<{len(places)}H", sections[6], 6)
    leads, at = [], 6 + 2 * len(places)
    for place, length in zip(places, lengths, strict=True):
        name = _NAMES.get(place.number, f"lead {place.number}")
        try:
            samples = undifferenced(_numbers(sections[6][at : at + length], place.samples, tables), order)
            hz = float(f"{1e6 / microseconds:.9g}")
            leads.append(
                Lead(name, numbered_lead(place.number), samples, nanovolt / 1000, hz, filters=filters)
            )
        except BadBits as error:
            problems.append(Problem(source, f"lead {name}: {error}"))
        at += length
    raise_any(problems)
    return leads


def _places(section: bytes) -> tuple[list[Place], bool]:
    """Return the leads in order, and whether reference beats are taken away from them (section 3)."""
    count, flags = struct.unpack_from("<BB", section)
    places = []
    for number in range(count):
        first, last, lead = struct.unpack_from("<IIB", section, 2 + 9 * number)
        places.append(Place(lead, max(last - first + 1, 0)))
    return places, bool(flags & 1)


def _numbers(data: bytes, count: int, tables: list[Table]) -> list[int]:
    if tables:
        # No code is shorter than one bit.
        if count > 8 * len(data):
            raise BadBits(f"{len(data)} bytes do not hold {count} samples")
        return decoded(data, count, tables)
    if len(data) < 2 * count:
        raise BadBits(f"{len(data)} bytes do not hold {count} samples")
    found: list[int] = np.frombuffer(data, "<i2", count).tolist()
    return found
