"""What names somebody in an object: all person names, identifiers and dates of birth, wherever they stand.

Knows where to look; what becomes of it is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from orthanc_cohorts.convert.pseudonymise.content import identifies
from orthanc_cohorts.convert.pseudonymise.deciding import Decisions
from orthanc_cohorts.convert.pseudonymise.lists import lists
from orthanc_cohorts.convert.pseudonymise.profile import Action
from orthanc_cohorts.convert.pseudonymise.tags import CONTENT_ITEM_REFERENCE, PATIENT_BIRTH_DATE, TEXT_VALUE
from orthanc_cohorts.convert.pseudonymise.values import element_at, tags_of, texts, vr_of
from orthanc_cohorts.convert.pseudonymise.wording import Watch

_LONG = 64
"""Above, a text that stands where an identifier should is none, and is looked for nowhere."""


class Named(NamedTuple):
    """What was found in an object.

    watch: looks for its names and identifiers. is_referred_to: content items refer to others by their place
    in the tree.
    """

    watch: Watch
    is_referred_to: bool


def look(ds: Dataset, decisions: Decisions) -> Named:
    """Return what names somebody in an object; ds: its root. What a rule or option keeps does not count."""
    names: list[str] = []
    identifiers: list[str] = []
    is_referred_to = False
    for holder, element in _elements(ds):
        tag = int(element.tag)
        if "PN" in (element.VR, vr_of(tag)):
            names += [text for text in texts(element) if not decisions.is_ruled(tag)]
        elif tag in lists().identifying and decisions.of(tag) is not Action.KEEP:
            identifiers += texts(element)
        elif tag == PATIENT_BIRTH_DATE:
            identifiers += [form for text in texts(element) for form in _dates(text)]
        elif tag == TEXT_VALUE and identifies(holder, decisions.rules):
            identifiers += texts(element)
        elif tag == CONTENT_ITEM_REFERENCE:
            is_referred_to = True
    watch = Watch(names, [text for text in identifiers if len(text) <= _LONG])
    return Named(watch, is_referred_to)


def _elements(ds: Dataset) -> Iterator[tuple[Dataset, DataElement]]:
    """Return all attributes that can be read, each with the data set or item that holds it."""
    for tag in tags_of(ds):
        element = element_at(ds, tag)
        if element is None:
            continue
        if element.VR == "SQ":
            for item in element.value or []:
                yield from _elements(item)
        else:
            yield ds, element


def _dates(text: str) -> list[str]:
    """Return the ways in which a date of birth is written in texts."""
    year, month, day = text[:4], text[4:6], text[6:8]
    if len(text) != len("YYYYMMDD"):
        return []
    forms = ("{0}-{1}-{2}", "{2}.{1}.{0}", "{1}/{2}/{0}", "{2}/{1}/{0}")
    return [text, *(form.format(year, month, day) for form in forms)]
