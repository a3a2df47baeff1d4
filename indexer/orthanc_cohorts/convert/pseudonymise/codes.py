"""Codes: those of public schemes stay, those of private ones unless they name somebody (PS3.3 section 8).

Knows items of code sequences; nothing of where they stand.
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.pseudonymise.lists import lists
from orthanc_cohorts.convert.pseudonymise.person import Person, plain
from orthanc_cohorts.convert.pseudonymise.rules import Rules
from orthanc_cohorts.convert.pseudonymise.values import REMOVED
from orthanc_cohorts.convert.pseudonymise.wording import Watch, looks_named, looks_personal

VALUES = ("CodeValue", "LongCodeValue", "URNCodeValue")
TEXTS = (*VALUES, "CodingSchemeDesignator", "CodingSchemeVersion", "CodeMeaning", "ExtendedCodeMeaning")
NOTHING = Coding("99REMOVED", REMOVED, "Removed")
"""What stands where a code was that must not be told."""


def is_code(ds: Dataset) -> bool:
    """Whether an item is one of a code sequence."""
    return any(keyword in ds for keyword in VALUES)


def concept_of(ds: Dataset) -> str:
    """Return `SCHEME|code` of the concept name of a content item, empty where it has none."""
    names = ds.get("ConceptNameCodeSequence")
    return code_of(names[0]) if names else ""


def code_of(item: Dataset) -> str:
    """Return `SCHEME|code` of an item of a code sequence, empty where it is none."""
    value = next((plain(item, keyword) for keyword in VALUES if plain(item, keyword)), "")
    return f"{plain(item, 'CodingSchemeDesignator')}|{value}" if value else ""


def cleaned_code(item: Dataset, person: Person, watch: Watch, rules: Rules) -> Dataset:
    """Return the texts of a code, without what names somebody.

    A code of a private scheme that looks like somebody gets a keyed value, so that what is the same stays so.
    """
    told = {keyword: plain(item, keyword) for keyword in TEXTS if keyword in item}
    scheme = told.get("CodingSchemeDesignator", "")
    value = next((told[keyword] for keyword in VALUES if told.get(keyword)), "")
    if not rules.keeps_code(scheme, value):
        public = _is_public(scheme, value)
        meanings = [keyword for keyword in ("CodeMeaning", "ExtendedCodeMeaning") if keyword in told]
        found = {keyword for keyword in meanings if _names(told[keyword], watch, public)}
        version = told.get("CodingSchemeVersion", "")
        told_apart = f"{value} {scheme} {version}"
        if not public and (found or watch.finds(told_apart) or looks_named(told_apart)):
            found = set(meanings)
            told = {"CodeValue": person.keyed(f"{scheme}|{value}"), "CodingSchemeDesignator": NOTHING.scheme}
        elif watch.finds(version):
            del told["CodingSchemeVersion"]
        told |= dict.fromkeys(found, REMOVED)
    ds = Dataset()
    for keyword, text in told.items():
        setattr(ds, keyword, text)
    return ds


def _is_public(scheme: str, value: str) -> bool:
    pattern = lists().schemes.get(scheme or "URN")
    return pattern is not None and pattern.fullmatch(value) is not None


def _names(text: str, watch: Watch, public: bool) -> bool:
    return watch.finds(text) or (not public and looks_personal(text))
