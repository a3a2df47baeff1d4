"""The fast walker: little-endian DICOM bytes to an element tree, bulk data jumped over (PS3.5 section 7).

Knows no meanings and no other package; what it cannot read it leaves to the pydicom adapter.
"""

from __future__ import annotations

from struct import Struct, pack
from typing import BinaryIO

from orthanc_cohorts.dicom.dictionary import BINARY_TAGS, SEQUENCE_TAGS
from orthanc_cohorts.dicom.heads import BULK_BYTES, HEADS, head_of
from orthanc_cohorts.dicom.source import HEADER_BYTES, FileSource, MemorySource
from orthanc_cohorts.dicom.start import (
    DEFLATED,
    EXPLICIT_BIG_ENDIAN,
    NUMBERS,
    VRS,
    Source,
    is_explicit,
    length_of,
    meta,
)
from orthanc_cohorts.dicom.tree import DataSet, Flaw, ParsedFile, Skipped, Typed
from orthanc_cohorts.errors import NotDicom, UnsupportedEncoding

_UNDEFINED = 0xFFFFFFFF
_ITEM = 0xFFFEE000
_ITEM_END = 0xFFFEE00D
_SEQUENCE_END = 0xFFFEE0DD
# The tags of items and of the end of a sequence as one number of four bytes: group and element change places.
_ITEM_MARKER = 0xE000FFFE
_END_MARKER = 0xE0DDFFFE
_ITEM_START = b"\xfe\xff\x00\xe0"
_SEQUENCE_CLOSED = b"\xfe\xff\xdd\xe0\0\0\0\0"
_ITEM_CLOSED = b"\xfe\xff\x0d\xe0\0\0\0\0"
_PIXEL_DATA = 0x7FE00010
_CONTENT_SEQUENCE = 0x0040A730
# CodeValue, the first element of nearly every coded item, and MappingResource, that of a template's.
_CODED_STARTS = (b"\x08\x00\x00\x01", b"\x08\x00\x05\x01")
_CODED_BYTES = 512
_REPEATED = {0x003A0200: 16_384, 0x00081199: 256}
"""Other sequences that are sent again and again, and their longest: ChannelDefinitionSequence by a device,
ReferencedSOPSequence in a report whose findings stand in few images."""
_REFERENCES, _REFERRING_BYTES = b"\x08\x00\x99\x11", 320
"""How a content item starts that refers to an object, and the longest sequence of one that is kept: a report
draws many coordinates in few images."""
_RELATIONSHIP_BYTES = 64
_BEGINNING_BYTES = _RELATIONSHIP_BYTES + 12 + _CODED_BYTES
_CONCEPT_NAMES = b"\x40\x00\x43\xa0", b"\x40\x00\x43\xa0SQ\0\0"
_KEPT, _KEPT_BYTES = 2_048, 500_000
_SEEN: tuple[dict[bytes, list[DataSet]], dict[bytes, list[DataSet]]] = {}, {}
"""Sequences that were read before, by their bytes, of those without and with VRs.

Reports repeat few codes many times: reading each anew took a third of the time of a report, and channel
definitions two thirds of that of an ECG. The trees share these lists, so nobody may change them. Only what
was read without a flaw, to its exact end, is kept.
"""
_seen_bytes = 0
_BINARY_VRS = frozenset(b"OB OD OF OL OV OW UN".split())
_header = Struct("<HHI").unpack_from
_marker = Struct("<II").unpack_from


class _Beginnings(dict[bytes, DataSet]):
    """The first elements of content items, up to the concept name, by their bytes.

    Items of one kind start alike all over a report; a copy is made faster than three elements are read.
    """

    def __init__(self, explicit: bool) -> None:
        self._explicit = explicit

    def __missing__(self, beginning: bytes) -> DataSet:
        if len(self) >= _KEPT:
            self.clear()
        dataset: DataSet = {}
        walk = _Walk(MemorySource(beginning), self._explicit, [])
        try:
            walk.walk(0, dataset)
        except UnsupportedEncoding:
            walk.complete = False
        # Empty, for good, where the bytes do not end with the element.
        self[beginning] = found = dataset if walk.complete and not walk.flaws else {}
        return found


_BEGINNINGS = _Beginnings(explicit=False), _Beginnings(explicit=True)


def scan_bytes(data: bytes) -> ParsedFile:
    """Return the element tree of a DICOM object held in memory.

    Raises NotDicom: no data set is found. UnsupportedEncoding: big endian, deflated or damaged beyond
    what can be told apart. A value or sequence cut off by the end of the data ends the tree there, with a
    flaw and `complete` False.
    """
    return scan_source(MemorySource(data))


def scan_file(file: BinaryIO) -> ParsedFile:
    """Return the element tree of an open DICOM file, reading only what lies outside bulk data.

    Raises as scan_bytes, and OSError when the file cannot be read.
    """
    return scan_source(FileSource(file))


def scan_items(value: bytes) -> list[DataSet] | None:
    """Return the items that the value of an element of unknown VR holds, None where it holds none."""
    if not value.startswith(_ITEM_START):
        return None
    # As an element of its own, called UN: the walk then tells how the items are encoded.
    element = pack("<HH2sHI", 0x0040, 0xA730, b"UN", 0, len(value)) + value
    dataset: DataSet = {}
    walk = _Walk(MemorySource(element), True, [])
    try:
        walk.walk(0, dataset)
    except UnsupportedEncoding:
        return None
    items = dataset.get(0x0040A730)
    return items if walk.complete and type(items) is list else None


def scan_source(source: Source) -> ParsedFile:
    """Return the element tree of an object, wherever its bytes come from. Raises as scan_file."""
    position, syntax = meta(source)
    if syntax in (EXPLICIT_BIG_ENDIAN, DEFLATED):
        raise UnsupportedEncoding(f"transfer syntax {syntax} is left to pydicom")
    flaws: list[Flaw] = []
    explicit = is_explicit(source, position, syntax, flaws)
    dataset: DataSet = {}
    walk = _Walk(source, explicit, flaws)
    walk.walk(position, dataset)
    if not dataset:
        raise NotDicom("no data set: the file holds no data element behind its header")
    return ParsedFile(dataset, syntax, "scan", flaws, walk.complete)


class _Walk:
    """One pass over a data set, with its own stack so that no nesting exhausts Python's."""

    def __init__(self, source: Source, explicit: bool, flaws: list[Flaw]) -> None:
        self.source = source
        self.explicit = explicit
        self.flaws = flaws
        self.complete = True

    def walk(self, position: int, root: DataSet) -> None:
        """Fill `root` with the elements from a position to the end of the source.

        One long function on purpose: a call per element would double the time of a report (measured).
        Places are offsets in the window (`at`, `end`, `limit`) where each element needs them, else absolute.
        """
        source, size = self.source, self.source.size
        explicit = self.explicit
        heads = HEADS[explicit]
        # An end that no place reaches, in one machine word for most: sums of longer numbers cost more.
        endless = 2 * size + HEADER_BYTES
        dataset = root
        # `end` is that of the open data set; beyond the file where a delimiter closes it. `limit` is that of
        # the window, and before `room` a head lies within it.
        data, base, limit, room, at, end = self._window(position, size)
        # The innermost open sequence (at first none, which has ended), its end, its key in _SEEN where it may
        # be kept, and where it must end for that; the stack holds, for each open one, what to return to.
        sequence: list[DataSet] = []
        sequence_end, key, close = 0, None, 0
        stack: list[tuple[DataSet, int, bool, list[DataSet], int, bytes | None, int]] = []
        while True:
            until = end if end < room else room
            while at < until:
                try:
                    tag, vr, length, plain = heads[data[at : at + 8]]
                except KeyError:
                    tag, vr, length, plain = head_of(data[at : at + 8], explicit)
                at += 8
                if plain:
                    stop = at + length
                    if stop <= limit:
                        dataset[tag] = data[at:stop]
                        at = stop
                        continue
                elif length < 0:
                    if vr is None:
                        length = self._without_vr(tag, data[at - 4 : at])
                    else:
                        (length,) = length_of(data, at)
                        at += 4
                if tag == _ITEM_END:
                    if stack:
                        break
                    self.flaws.append(Flaw("delimiter-outside-item", tag, "skipped"))
                elif vr == b"SQ" or (
                    (vr is None or vr == b"UN" or length == _UNDEFINED)
                    and self._is_sequence(tag, vr, length, base + at)
                ):
                    if length == _UNDEFINED:
                        inner_end = endless
                    else:
                        if length > size - base - at:
                            self._cut_off(tag)
                            length = size - base - at
                        inner_end = base + at + length
                    # PS3.5 6.2.2: UN is implicit VR inside, whatever the file is; not all writers know.
                    inside = explicit and (vr != b"UN" or source.read(base + at + 12, 2) in VRS)
                    inner_key, inner_close = None, 0
                    refers = tag == _CONTENT_SEQUENCE
                    if refers:
                        most = _REFERRING_BYTES if data.startswith(_REFERENCES, at + 8) else 0
                    else:
                        coded = data.startswith(_CODED_STARTS, at + 8)
                        most = _CODED_BYTES if coded else _REPEATED.get(tag, 0)
                    if most:
                        if inner_end == endless:
                            # Up to the first delimiter, which may be an inner one: then it is not kept below.
                            # Without one `stop` is 7, before any value.
                            stop = data.find(_SEQUENCE_CLOSED, at, at + most) + 8
                            if refers and stop > at:  # that of what is referred to
                                stop = data.find(_SEQUENCE_CLOSED, stop, at + most) + 8
                        else:
                            stop = at + length if length <= most else 0
                        if at < stop <= limit:
                            inner_key = data[at:stop]
                            known = _SEEN[inside].get(inner_key)
                            if known is not None:
                                dataset[tag] = known
                                at = stop
                                continue
                            inner_close = base + stop
                    stack.append((dataset, base + end, explicit, sequence, sequence_end, key, close))
                    dataset[tag] = sequence = []
                    explicit, sequence_end, key, close = inside, inner_end, inner_key, inner_close
                    heads = HEADS[explicit]
                    break
                elif length == _UNDEFINED:
                    dataset[tag] = Skipped(None)
                    at = self._skip_fragments(base + at) - base
                else:
                    stop = at + length
                    if stop > size - base:
                        self._cut_off(tag)
                        stop = size - base
                        length = stop - at
                    if length > BULK_BYTES and (vr in _BINARY_VRS or (vr is None and is_bulk(tag))):
                        dataset[tag] = Skipped(length)
                    else:
                        value = data[at:stop] if stop <= limit else source.read(base + at, length)
                        if vr is None or (vr not in NUMBERS and not tag & 0x10000):
                            dataset[tag] = value
                        else:
                            dataset[tag] = Typed(vr, value)
                    at = stop
            else:
                if at < end:
                    data, base, limit, room, at, end = self._window(base + at, base + end)
                    if at < room:
                        continue
                    if base + at < size:
                        self._cut_off(None)
                        at = size - base
            # An item has ended, or a sequence has just begun: open the next item or close the sequence.
            while True:
                if base + at >= sequence_end:
                    marker = _END_MARKER
                else:
                    if at + 8 > limit:
                        if at + 8 > size - base:
                            self._cut_off(_ITEM)
                            return
                        data, base, limit, room, at, end = self._window(base + at, base + end)
                    marker, length = _marker(data, at)
                    at += 8
                if marker == _ITEM_MARKER:
                    if length == _UNDEFINED:
                        end = endless
                    else:
                        end = at + length
                        if end > size - base:
                            self._cut_off(_ITEM)
                    dataset = {}
                    if not self.flaws:
                        stop = data.find(_CONCEPT_NAMES[explicit], at, at + _RELATIONSHIP_BYTES)
                        if stop > at:
                            stop += 12 if explicit else 8
                            (name,) = length_of(data, stop - 4)
                            if name == _UNDEFINED:
                                stop = data.find(_SEQUENCE_CLOSED, stop, stop + _CODED_BYTES) + 8
                            else:
                                stop += name
                            if at < stop <= limit and stop <= end and stop - at <= _BEGINNING_BYTES:
                                dataset = _BEGINNINGS[explicit][data[at:stop]].copy()
                                if dataset:
                                    at = stop
                    sequence.append(dataset)
                    if length:
                        break
                elif marker == _END_MARKER:
                    if not stack:
                        return
                    if key is not None and base + at == close and not self.flaws:
                        _keep(key, explicit, sequence)
                    dataset, end, explicit, sequence, sequence_end, key, close = stack.pop()
                    end -= base
                    heads = HEADS[explicit]
                    # Mostly the item around it ends with its last sequence.
                    if not (stack and at < end and at < room and data.startswith(_ITEM_CLOSED, at)):
                        break
                    at += 8
                else:
                    raise UnsupportedEncoding(
                        f"({marker & 0xFFFF:04X},{marker >> 16:04X}) where an item of a sequence should start"
                    )

    def _window(self, position: int, end: int) -> tuple[bytes, int, int, int, int, int]:
        """Return (bytes, where they start, and from there: their end, `room`, the position, `end`).

        room: the place before which a head lies within the bytes, whatever its VR.
        """
        data, base, limit = self.source.window(position)
        room = limit - base + 1 - (8 if limit == self.source.size else HEADER_BYTES)
        return data, base, limit - base, room, position - base, end - base

    def _is_sequence(self, tag: int, vr: bytes | None, length: int, position: int) -> bool:
        """Tell whether a value that is not called SQ holds items.

        A dictionary's word alone is not enough (trial SR, A170).
        """
        if length == _UNDEFINED:
            return tag != _PIXEL_DATA and (vr is None or vr == b"UN")
        if tag in SEQUENCE_TAGS:
            return length == 0 or (length >= 8 and self.source.read(position, 4) == _ITEM_START)
        # No dictionary knows private ones; a value that starts as an item does is one in all files met.
        return bool(tag & 0x10000) and length >= 8 and self.source.read(position, 4) == _ITEM_START

    def _cut_off(self, tag: int | None) -> None:
        if self.complete:
            self.flaws.append(Flaw("truncated", tag, "read up to the end of the file"))
        self.complete = False

    def _without_vr(self, tag: int, stated: bytes) -> int:
        """Return the length of an element of an explicit VR file that has no VR (vendors mix them)."""
        length: int = length_of(stated)[0]
        private = bool(tag & 0x10000)
        possible = length <= self.source.size or (length == _UNDEFINED and (private or tag in SEQUENCE_TAGS))
        if tag < 0x10000 or not possible or (stated[:2].isalpha() and stated[:2].isupper()):
            raise UnsupportedEncoding(
                f"({tag >> 16:04X},{tag & 0xFFFF:04X}) has neither a known VR nor a possible length"
            )
        self.flaws.append(Flaw("element-without-vr", tag, "read as implicit VR"))
        return length

    def _skip_fragments(self, position: int) -> int:
        """Jump over encapsulated pixel data (PS3.5 A.4); return where the next element starts."""
        size = self.source.size
        while position + 8 <= size:
            group, element, length = _header(self.source.read(position, 8))
            position += 8
            if group << 16 | element == _SEQUENCE_END:
                return position
            if group << 16 | element != _ITEM:
                raise UnsupportedEncoding("pixel data fragments are not separated by items")
            position += length
        self._cut_off(_PIXEL_DATA)
        return size


def _keep(key: bytes, explicit: bool, sequence: list[DataSet]) -> None:
    global _seen_bytes
    seen = _SEEN[explicit]
    if len(seen) >= _KEPT or _seen_bytes >= _KEPT_BYTES:
        for kept in _SEEN:
            kept.clear()
        _seen_bytes = 0
    seen[key] = sequence
    _seen_bytes += len(key)


def is_bulk(tag: int) -> bool:
    """Tell whether a long value is bulk data where the file states no VR."""
    group = tag >> 16
    return tag in BINARY_TAGS or group % 2 == 1 or 0x5000 <= group < 0x5100 or 0x6000 <= group < 0x6100
