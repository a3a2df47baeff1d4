"""Text of DICOM values: SpecificCharacterSet to a decoder (PS3.3 C.12.1.1.2, PS3.5 6.1).

Never fails: bytes that no named character set explains are kept as Latin-1 and the decoder says so.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SINGLE = {
    "": "ascii",
    "ISO_IR 6": "ascii",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 58": "gb2312",
    "ISO_IR 87": "iso2022_jp",
    "ISO_IR 100": "latin-1",
    "ISO_IR 101": "iso8859-2",
    "ISO_IR 109": "iso8859-3",
    "ISO_IR 110": "iso8859-4",
    "ISO_IR 126": "iso8859-7",
    "ISO_IR 127": "iso8859-6",
    "ISO_IR 138": "iso8859-8",
    "ISO_IR 144": "iso8859-5",
    "ISO_IR 148": "iso8859-9",
    "ISO_IR 149": "euc_kr",
    "ISO_IR 159": "iso2022_jp_2",
    "ISO_IR 166": "tis-620",
    "ISO_IR 192": "utf-8",
    "ISO_IR 203": "iso8859-15",
    "GB18030": "gb18030",
    "GBK": "gbk",
}
_ESCAPES = {
    b"\x1b(B": "ascii",
    b"\x1b(J": "shift_jis",
    b"\x1b)I": "shift_jis",
    b"\x1b-A": "latin-1",
    b"\x1b-B": "iso8859-2",
    b"\x1b-C": "iso8859-3",
    b"\x1b-D": "iso8859-4",
    b"\x1b-F": "iso8859-7",
    b"\x1b-G": "iso8859-6",
    b"\x1b-H": "iso8859-8",
    b"\x1b-L": "iso8859-5",
    b"\x1b-M": "iso8859-9",
    b"\x1b-T": "tis-620",
    b"\x1b-b": "iso8859-15",
    b"\x1b$B": "iso2022_jp",
    b"\x1b$(D": "iso2022_jp_2",
    b"\x1b$)C": "euc_kr",
    b"\x1b$)A": "gb2312",
}
"""Escape sequence to the codec of what follows it (PS3.3 tables C.12-3 and C.12-4)."""

_KEEPS_ESCAPE = frozenset({"iso2022_jp", "iso2022_jp_2"})
_FRAGMENT = re.compile(rb"(?=\x1b(?:\([BJ]|\)I|-[A-Zb]|\$B|\$\(D|\$\)[AC]))")
_SPELLING = re.compile(r"^ISO[ _-]?(2022)?[ _-]?IR[ _-]?(\d+)$", re.IGNORECASE)


class Decoder:
    """Bytes to text under one SpecificCharacterSet.

    unknown: the first term that no table names, None when all are known. failed: whether some value could
    not be decoded as named and was kept as UTF-8 or Latin-1 instead.
    """

    __slots__ = ("_codec", "_extended", "_fallbacks", "failed", "unknown")

    def __init__(self, specific_character_set: str | None) -> None:
        self.unknown, self._codec, self._fallbacks, self._extended = _way(specific_character_set or "")
        self.failed = False

    def decode(self, value: bytes) -> str:
        """Return the text of a value, padding stripped at its end only."""
        if value.isascii() and b"\x1b" not in value:
            return value.decode().rstrip(" \0")  # the codec that Python need not look up
        if b"\x1b" in value and self._extended:
            return "".join(map(self._fragment, _FRAGMENT.split(value))).rstrip(" \0")
        return self._plain(value, self._codec).rstrip(" \0")

    def _fragment(self, fragment: bytes) -> str:
        for length in (4, 3):
            codec = _ESCAPES.get(fragment[:length])
            if codec is not None:
                return self._plain(fragment if codec in _KEEPS_ESCAPE else fragment[length:], codec)
        return self._plain(fragment, self._codec)

    def _plain(self, value: bytes, codec: str) -> str:
        try:
            return value.decode(codec)
        except UnicodeDecodeError:
            self.failed = True
        for fallback in self._fallbacks:
            try:
                return value.decode(fallback)
            except UnicodeDecodeError:
                continue
        return value.decode("latin-1")


@lru_cache(64)
def _way(specific_character_set: str) -> tuple[str | None, str, tuple[str, ...], bool]:
    """Return (first unknown term, codec, what else to try, whether escapes switch the codec)."""
    terms = specific_character_set.split("\\")
    codecs = [_codec(term) for term in terms]
    unknown = next((t for t, c in zip(terms, codecs, strict=True) if c is None), None)
    # Seen in practice: UTF-8 labelled ASCII or Latin-1, and extensions used without their escapes.
    fallbacks = ("utf-8", *(codec for codec in codecs[1:] if codec and codec not in _KEEPS_ESCAPE))
    return unknown, codecs[0] or "latin-1", fallbacks, len(terms) > 1 or "2022" in terms[0]


def _codec(term: str) -> str | None:
    term = term.strip()
    spelled = _SPELLING.match(term)
    if spelled:
        term = f"ISO_IR {int(spelled.group(2))}"
    return _SINGLE.get(term)
