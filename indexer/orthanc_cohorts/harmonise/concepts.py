"""Codes of one concept in several schemes to one canonical code (PS3.16 table O-1).

Knows no meanings and no rows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from orthanc_cohorts.harmonise.code_tables import RT_TO_CT, SCHEME_SPELLINGS, STANDARD_SCHEMES
from orthanc_cohorts.harmonise.terminology import codes_of, rt_to_ct

Source = Literal["pydicom", "ours", "spelling"]

_SCHEMES = {scheme.upper(): scheme for scheme in STANDARD_SCHEMES} | SCHEME_SPELLINGS

_RT_SCHEMES = frozenset({"SRT", "SNM3", "99SDM"})
"""Schemes whose codes are SNOMED RT identifiers (PS3.16 section 8: SNM3 and 99SDM came before SRT)."""


@lru_cache(maxsize=65_536)
def canonical_concept(scheme: str | None, code: str | None, owner: str | None = None) -> str | None:
    """Return a code as `SCHEME|code`: SNOMED RT as its CT twin where one is known, else as sent.

    scheme: a spelling of a standard designator (other case, spaces around it) counts as that designator.
    owner: whose scheme a private designator (`99...` or `L`) names: the UID of the Coding Scheme
    Identification Sequence, else the manufacturer. It tells apart equal codes of two vendors and becomes part
    of the designator, in lower case and with single spaces: `99GEMS@ge medical systems|code`. Standard
    designators have no owner; a scheme that already holds one (`99GEMS@...`) keeps it.
    None where there is no code, or none of any scheme. An URN needs no scheme and becomes `URN|...`.
    A code of DICOM itself that is labelled SRT (digits only) becomes `DCM|code`.
    Source: PS3.16 table O-1 as pydicom has it, then `code_tables`; PS3.16 8.2 (private designators).
    """
    return _resolve(scheme, code, owner)[0]


@lru_cache(maxsize=65_536)
def mapping_source(scheme: str | None, code: str | None) -> Source | None:
    """Return what made the canonical form of a code differ from what was sent, None when nothing did.

    `pydicom`: its table from SNOMED RT to CT. `ours`: our additions to it. `spelling`: the designator was
    another spelling of a standard one, or SRT on a code of DICOM. None also where there is no concept.
    """
    return _resolve(scheme, code, None)[1]


@lru_cache(maxsize=4_096)
def is_private(scheme: str) -> bool:
    """Return whether a designator is private (`99...` or `L`), so that its codes belong to an owner."""
    designator = _squeezed(scheme)
    designator = _SCHEMES.get(designator.upper(), designator)
    return designator not in _RT_SCHEMES and _is_private(designator.partition("@")[0])


def is_of_any_owner(concept: str) -> bool:
    """Return whether a canonical concept is of a private scheme and names no owner."""
    scheme = concept.partition("|")[0]
    return "@" not in scheme and is_private(scheme)


def _is_private(name: str) -> bool:
    return name.startswith("99") or name == "L"


def _resolve(scheme: str | None, code: str | None, owner: str | None) -> tuple[str | None, Source | None]:
    if not code:
        return None, None
    designator = _squeezed(scheme)
    if not designator:
        return (f"URN|{code}" if code.lower().startswith(("urn:", "http:", "https:")) else None), None
    designator = _SCHEMES.get(designator.upper(), designator)
    if designator in _RT_SCHEMES:
        return _resolve_rt(code, designator)
    name, _, named_owner = designator.partition("@")
    if _is_private(name):
        known = _squeezed(named_owner or owner).replace("|", " ").lower()
        designator = f"{name}@{known}" if known else name
    return f"{designator}|{code}", None if name == (scheme or "").partition("@")[0] else "spelling"


def _resolve_rt(code: str, designator: str) -> tuple[str, Source | None]:
    if twin := rt_to_ct().get(code):
        return f"SCT|{twin}", "pydicom"
    if code in RT_TO_CT:
        return f"SCT|{RT_TO_CT[code][0]}", "ours"
    # No SNOMED RT identifier consists of digits alone: it begins with the letter of its axis.
    if code.isdigit() and code in codes_of("DCM"):
        return f"DCM|{code}", "spelling"
    return f"SRT|{code}", None if designator == "SRT" else "spelling"


def _squeezed(text: str | None) -> str:
    return " ".join((text or "").split())
