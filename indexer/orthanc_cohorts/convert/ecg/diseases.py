"""Diseases and walls of the heart that words of a header name for sure.

Rather none than a wrong one: "no diabetes" and "portal hypertension" name nothing here.
"""

from __future__ import annotations

import re

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.ecg.codes import DISEASES

_WORD = re.compile(r"[a-zäöü]+(?:-[a-z]+)*|\d+|[,;/+()]")
_PARTS = frozenset(",;/+")
_QUALIFIERS = frozenset(
    [
        "(",
        ")",
        "type",
        "typ",
        "i",
        "ii",
        "iia",
        "iib",
        "iii",
        "iv",
        "v",
        "a",
        "b",
        "nyha",
        "and",
        "und",
        "grade",
        "stage",
    ]
)
_LONGEST = max(len(name.split()) for name in DISEASES)
_WALLS = ("ant", "inf", "pos", "lat", "sep", "api")


def diseases(text: str) -> list[Coding]:
    """Return the diseases that a list names, in order, none twice.

    Names follow each other with or without commas. A part that has any other word before a name, up to the
    next comma, names nothing.
    """
    words = _WORD.findall(text.lower())
    found: list[Coding] = []
    at = 0
    while at < len(words):
        if words[at] in _PARTS or words[at] in _QUALIFIERS or words[at].isdigit():
            at += 1
            continue
        length = next((n for n in range(_LONGEST, 0, -1) if " ".join(words[at : at + n]) in DISEASES), 0)
        if length:
            disease = DISEASES[" ".join(words[at : at + length])]
            found += [] if disease in found else [disease]
            at += length
        else:
            at = next((n for n in range(at, len(words)) if words[n] in _PARTS), len(words))
    return found


def walls(text: str) -> frozenset[str]:
    """Return the walls that a localization names, by three letters each; none where any part is no wall.

    Words may be cut off ("infero-latera"), as fields of fixed width do.
    """
    parts = [part for part in re.split(r"[^a-z]+", text.lower()) if part]
    found = frozenset(part[:3] for part in parts)
    return found if parts and found <= frozenset(_WALLS) else frozenset()
