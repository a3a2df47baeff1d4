"""Whether a text names somebody: by the names and numbers of its object, or by how it looks.

Knows texts only. What is not named in the object itself and looks like anything else is not found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from orthanc_cohorts.convert.pseudonymise.lists import lists

_SEPARATORS = re.compile(r"[\s^=,;/\\]+")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i"})
_SHORTEST, _ANYWHERE = 2, 5
_NEVER = re.compile(r"(?!)")

_NAMED = re.compile(
    r"""\^                                                    # PN
    | [^\s@]+@[^\s@]+\.\w                                     # e-mail
    | \b(dr|prof|herrn?|frau|mr|mrs|ms|mme|mlle)\b\.?\s+\w   # a title before a name
    | \b(name|patient|pat|geb|born|dob|tel)\b\.?\s*[:=]      # what introduces a name, a date, a number
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"""\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b                   # a date
    | \d{6,}                                                # a number, a date, a telephone
    | \b\d+(\.\d+){4,}\b                                    # a UID, an address of a network
    """,
    re.VERBOSE,
)


class Watch:
    """Names and identifiers of one object, looked for in its other texts."""

    def __init__(self, names: Iterable[str], identifiers: Iterable[str]) -> None:
        """names: as PN, any number of parts. identifiers: whole values, such as PatientID."""
        parts = {part for name in names for part in _SEPARATORS.split(name)}
        words = {token for part in parts for token in _folded(part)}
        found = words | {token for part in parts for half in part.split("-") for token in _folded(half)}
        patterns = {_of_name(token) for token in found if _names_somebody(token)}
        whole = {token for value in identifiers for token in _folded(value)}
        patterns |= {_of_identifier(token) for token in whole if _names_somebody(token)}
        self._pattern = re.compile("|".join(sorted(patterns))) if patterns else _NEVER
        # A part of a double name alone may well be a term: of a phantom, a body part.
        self._words = {token for token in words | whole if _names_somebody(token)}

    def finds(self, text: str) -> bool:
        """Whether a text holds one of them."""
        return any(self._pattern.search(form) for form in _folded(text))

    def is_one(self, text: str) -> bool:
        """Whether a text, or a word of it, is one of them."""
        parts = (text, *_SEPARATORS.split(text.replace("_", " ")))
        return any(form in self._words for part in parts for form in _folded(part))


def looks_personal(text: str) -> bool:
    """Whether a text looks as if it named a person, a date or a number of somebody."""
    return looks_named(text) or _NUMBERED.search(text) is not None


def looks_named(text: str) -> bool:
    """Whether a text looks as if it named a person; numbers in it are taken for codes."""
    return _NAMED.search(text) is not None


def _folded(text: str) -> tuple[str, ...]:
    """Return a text without case and accents, both ways in which umlauts are spelt without them."""
    lower = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold().strip())
    spelt = {lower.translate(_UMLAUTS), lower}
    return tuple(sorted({_plain(form) for form in spelt}))


def _plain(text: str) -> str:
    split = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return unicodedata.normalize("NFC", "".join(c for c in split if not unicodedata.combining(c)))


def _names_somebody(token: str) -> bool:
    return len(token) >= _SHORTEST and token.strip(".") not in lists().nobody


def _of_name(token: str) -> str:
    """Return the pattern of a part of a name: short ones are words of their own, or begin one."""
    escaped = re.escape(token)
    if not token.isascii() or len(token) >= _ANYWHERE:
        return escaped
    return rf"(?<![^\W_]){escaped}" if len(token) == _ANYWHERE - 1 else rf"(?<![^\W_]){escaped}(?![^\W_])"


def _of_identifier(token: str) -> str:
    escaped = re.escape(token)
    return escaped if len(token) > _ANYWHERE else rf"(?<![^\W_]){escaped}(?![^\W_])"
