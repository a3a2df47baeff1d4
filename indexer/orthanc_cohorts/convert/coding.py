"""Codes as mappings write them, `SCHEME|code|meaning`, and as DICOM holds them (PS3.3 section 8).

Knows the meanings that PS3.16 gives to the codes it uses.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from pydicom.dataset import Dataset

from orthanc_cohorts.harmonise.terminology import concepts

_SHORT = 16
_MEANING = 64
UCUM = "UCUM"


class Coding(NamedTuple):
    """A code with its meaning, which DICOM demands (type 1)."""

    scheme: str
    code: str
    meaning: str

    def __str__(self) -> str:
        return f"{self.scheme}|{self.code}"

    @property
    def item(self) -> Dataset:
        """The code as an item of a code sequence (PS3.3 table 8.8-1)."""
        ds = Dataset()
        if self.scheme == "URN":
            ds.URNCodeValue = self.code
        elif len(self.code) > _SHORT:
            ds.LongCodeValue, ds.CodingSchemeDesignator = self.code, self.scheme
        else:
            ds.CodeValue, ds.CodingSchemeDesignator = self.code, self.scheme
        ds.CodeMeaning = self.meaning
        return ds


def coding(text: str) -> Coding:
    """Return the code that `SCHEME|code|meaning` names; `SCHEME|code` where PS3.16 knows its meaning.

    Raises ValueError: it is no such text, no meaning is known, or a part is longer than DICOM takes.
    """
    parts = [part.strip() for part in text.split("|", 2)]
    if len(parts) < 2 or not all(parts):
        raise ValueError(f"{text!r} is no code; write SCHEME|code|meaning, such as LN|718-7|Hemoglobin")
    scheme, code = parts[:2]
    meaning = parts[2] if len(parts) == 3 else _meanings(scheme).get(code)
    if meaning is None:
        raise ValueError(f"DICOM's own tables have no meaning of {text!r}; write SCHEME|code|meaning")
    if len(scheme) > _SHORT or len(meaning) > _MEANING:
        raise ValueError(f"{text!r} is too long: a scheme has 16 characters, a meaning 64 (PS3.5 6.2)")
    return Coding(scheme, code, meaning)


def unit(ucum: str) -> Coding:
    """Return a unit of UCUM as a code; its meaning is that of PS3.16, else the unit as written (CID 82)."""
    return Coding(UCUM, ucum, _meanings(UCUM).get(ucum, ucum)[:_MEANING])


@cache
def _meanings(scheme: str) -> dict[str, str]:
    """Return code -> meaning of a scheme; the first that PS3.16 gives."""
    found: dict[str, str] = {}
    for codes in concepts().get(scheme, {}).values():
        for code, (meaning, _) in codes.items():
            found.setdefault(code, meaning)
    return found
