"""Where the data set of a file starts, and how it is encoded (PS3.10 section 7.1, PS3.5 section 7.1).

Knows the meta header and the first element, nothing behind them.
"""

from __future__ import annotations

from struct import Struct

from orthanc_cohorts.dicom.source import HEADER_BYTES, FileSource, MemorySource
from orthanc_cohorts.dicom.tree import Flaw
from orthanc_cohorts.errors import NotDicom, UnsupportedEncoding

IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
_UID_BYTES = 64

TEXTS = frozenset(b"AE AS CS DA DS DT IS LO LT PN SH ST TM UI".split())
NUMBERS = frozenset(b"AT FD FL SL SS UL US".split())
LONGS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
"""VRs whose length field has four bytes, two unused ones before it (PS3.5 7.1.2)."""
VRS = TEXTS | NUMBERS | LONGS

explicit_header = Struct("<HH2sH").unpack_from
length_of = Struct("<I").unpack_from

Source = MemorySource | FileSource


def meta(source: Source) -> tuple[int, str | None]:
    """Return where the data set starts, and the transfer syntax that a meta header states."""
    head = source.read(0, 140)
    position = 132 if head[128:132] == b"DICM" else 0
    if position and head[132:134] != b"\x02\x00" and head[4:6] in VRS and head[0] | head[1]:
        position = 0  # the letters DICM happen to lie there, in a file without preamble
    if len(head) < position + 8:
        raise NotDicom("shorter than one data element")
    group = head[position] | head[position + 1] << 8
    if position == 0 and (group == 0 or group > 0x0040 or group % 2) and not _is_big_endian(head):
        raise NotDicom("neither a preamble nor a data element at the start")
    syntax = None
    data, base, limit = source.window(position)
    while True:
        if limit - position < HEADER_BYTES:
            data, base, limit = source.window(position)
            if limit - position < 8:
                break
        group, element, vr, length = explicit_header(data, position - base)
        if group != 0x0002:
            break
        position += 8
        if vr not in VRS:  # some writers leave the VRs out here too, against PS3.10 7.1
            length = length_of(data, position - base - 4)[0]
        elif vr in LONGS:
            length = length_of(data, position - base)[0]
            position += 4
        if element == 0x0010:
            stated = source.read(position, min(length, _UID_BYTES))
            syntax = stated.rstrip(b"\0 ").decode("latin-1") or None
        position += length
    return position, syntax


def is_explicit(source: Source, position: int, syntax: str | None, flaws: list[Flaw]) -> bool:
    """Tell by the first element, since files lie about their transfer syntax."""
    head = source.read(position, 8)
    seen = head[4:6] in VRS
    if _is_big_endian(head):
        raise UnsupportedEncoding("the data set is big endian, whatever the meta header says")
    stated = syntax != IMPLICIT_LITTLE_ENDIAN
    if syntax is not None and stated != seen and len(head) == 8:
        flaws.append(Flaw("transfer-syntax-wrong", 0x00020010, "read as the first element shows"))
    return seen


def _is_big_endian(head: bytes) -> bool:
    """Tell by the first element: groups up to 0x00FF that state a VR."""
    return len(head) >= 8 and head[0] == 0 and head[1] != 0 and head[4:6] in VRS
