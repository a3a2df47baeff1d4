"""Codes of one concept in several schemes to one canonical code (PS3.16 table O-1).

Knows no meanings and no rows.
"""

from __future__ import annotations

from functools import lru_cache

from pydicom.sr import _snomed_dict

_SCHEMES = {
    "SNOMEDCT": "SCT",
    "SNOMED-CT": "SCT",
    "SNOMED CT": "SCT",
    "SNOMED": "SCT",
    "2.16.840.1.113883.6.96": "SCT",
    "LOINC": "LN",
    "UCM": "UCUM",
}
"""Spellings of a scheme that mean another designator of PS3.16 table 8-1."""

_RT_SCHEMES = frozenset({"SRT", "SNM3", "99SDM"})
"""Schemes whose codes are SNOMED RT identifiers (PS3.16 section 8: SNM3 and 99SDM came before SRT)."""

_RT_TO_CT: dict[str, str] = _snomed_dict.mapping["SRT"]


@lru_cache(maxsize=65_536)
def canonical_concept(scheme: str | None, code: str | None) -> str | None:
    """Return a code as `SCHEME|code`: SNOMED RT as its CT twin where one is known, else as sent.

    None where there is no code, or none of any scheme. An URN needs no scheme and becomes `URN|...`.
    """
    if not code:
        return None
    if not scheme:
        return f"URN|{code}" if code.lower().startswith(("urn:", "http:", "https:")) else None
    scheme = _SCHEMES.get(scheme.upper(), scheme)
    if scheme.upper() in _RT_SCHEMES:
        twin = _RT_TO_CT.get(code)
        return f"SCT|{twin}" if twin else f"SRT|{code}"
    return f"{scheme}|{code}"
