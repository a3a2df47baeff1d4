"""Coded entries: the Code Sequence Macro as a triple (PS3.3 table 8.8-1).

Pure. Meanings are carried along, never compared.
"""

from __future__ import annotations

from typing import NamedTuple

from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.tree import DataSet, Typed, Value

_CODE_VALUE = 0x00080100
_SCHEME = 0x00080102
_MEANING = 0x00080104
_LONG_CODE_VALUE = 0x00080119
_URN_CODE_VALUE = 0x00080120


class Code(NamedTuple):
    """A code as sent; None for what was not stated. An URN code usually has no scheme."""

    scheme: str | None
    code: str | None
    meaning: str | None

    @property
    def key(self) -> tuple[str | None, str | None]:
        """What identifies the concept: scheme and code, never the meaning."""
        return self.scheme, self.code


NO_CODE = Code(None, None, None)

_SHARED_CODES = 4_096
_SHARED_BYTES = 256
_SHARED: dict[tuple[object, ...], Code] = {}
"""Codes in plain ASCII, which no character set reads in another way: reports repeat few codes many times."""
_SHARED_SEQUENCES = 4_096
_OF_SEQUENCE: dict[int, tuple[list[DataSet], Code]] = {}
"""The shared code of a sequence by identity, since `dicom.scan` hands out one list for equal bytes.

The list is kept beside it, so that no other one takes its identity.
"""


def _key(item: DataSet) -> tuple[object, ...]:
    get = item.get
    return get(_CODE_VALUE), get(_SCHEME), get(_MEANING)


def _means_the_same_everywhere(key: tuple[object, ...]) -> bool:
    size = 0
    for part in key:
        if part is not None and (type(part) is not bytes or not part.isascii() or b"\x1b" in part):
            return False
        size += len(part) if type(part) is bytes else 0
    return size <= _SHARED_BYTES


def is_shared(sequence: list[DataSet]) -> bool:
    """Tell whether a code sequence, read before, means the same in every object."""
    return id(sequence) in _OF_SEQUENCE


class CodeReader:
    """Code items to codes under one character set; the same bytes are decoded once."""

    __slots__ = ("_cache", "decoder")

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self._cache: dict[tuple[object, ...], Code] = {}

    def first(self, ds: DataSet, tag: int) -> Code:
        """Return the code in the first item of a code sequence, NO_CODE where there is none."""
        return self.of(ds.get(tag))

    def of(self, value: Value) -> Code:
        """Return the code in the first item of the value of a code sequence, NO_CODE where there is none."""
        known = _OF_SEQUENCE.get(id(value))
        if known is not None:
            return known[1]
        if type(value) is not list or not value:
            return NO_CODE
        item = value[0]
        code = self.read(item)
        if code is not NO_CODE and _SHARED.get(_key(item)) is code:
            if len(_OF_SEQUENCE) >= _SHARED_SEQUENCES:
                _OF_SEQUENCE.clear()
            _OF_SEQUENCE[id(value)] = value, code
        return code

    def read(self, item: DataSet) -> Code:
        """Return the code of one item: CodeValue, else LongCodeValue, else URNCodeValue."""
        key = _key(item)
        try:
            known = _SHARED.get(key) or self._cache.get(key)
        except TypeError:  # a sequence where a text belongs
            return NO_CODE
        if known is not None:
            return known
        value = key[0] or item.get(_LONG_CODE_VALUE) or item.get(_URN_CODE_VALUE)
        code = Code(self._text(key[1]), self._text(value), self._text(key[2]))
        if code.code is not None and key[0]:
            if _means_the_same_everywhere(key):
                if len(_SHARED) >= _SHARED_CODES:
                    _SHARED.clear()
                _SHARED[key] = code
            else:
                self._cache[key] = code
        return code

    def _text(self, value: object) -> str | None:
        if type(value) is Typed:
            value = value.value
        if type(value) is not bytes or not value:
            return None
        return self.decoder.decode(value).strip(" \0") or None
