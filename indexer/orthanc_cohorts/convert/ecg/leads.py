"""The codes of ECG leads by the names that files give them (PS3.16 CID 3001; ISO/IEEE 11073-10102).

Data and spelling only. The number of a lead in SCP-ECG (EN 1064) is that of its MDC code.
"""

from __future__ import annotations

import re
from functools import cache

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.harmonise.terminology import concepts

_CID = 3001
_NAMED = {
    "I": 1, "II": 2, "III": 61, "AVR": 62, "AVL": 63, "AVF": 64, "-AVR": 65,
    "V1": 3, "V2": 4, "V3": 5, "V4": 6, "V5": 7, "V6": 8, "V7": 9, "V8": 66, "V9": 67,
    "V2R": 10, "V3R": 11, "V4R": 12, "V5R": 13, "V6R": 14, "V7R": 15, "V8R": 68, "V9R": 69,
    "X": 16, "Y": 17, "Z": 18, "VX": 16, "VY": 17, "VZ": 18,
    "ML": 126, "MLI": 126, "MLII": 126, "MLIII": 126,
    "CC5": 19, "CM1": 106, "CM2": 107, "CM3": 108, "CM4": 109, "CM5": 20, "CM6": 110, "CM7": 121,
    "CH5": 122, "CR5": 125, "CS5": 123, "CB5": 124,
    "MCL": 91, "MCL1": 92, "MCL2": 93, "MCL3": 94, "MCL4": 95, "MCL5": 96, "MCL6": 97,
    "D": 70, "A": 71, "J": 72, "NEHBD": 70, "NEHBA": 71, "NEHBJ": 72,
    "DI": 31, "DII": 32, "DIII": 111, "DAVR": 112, "DAVL": 113, "DAVF": 114,
    "DV1": 33, "DV2": 34, "DV3": 35, "DV4": 36, "DV5": 37, "DV6": 38,
    "ES": 131, "AS": 132, "AI": 133,
}  # fmt: skip
_PREFIX = re.compile(r"^(?:MDC_ECG_LEAD_|ECG[ _]?LEAD[ _]?|LEAD[ _]?|(?:ECG|EKG)[ _:]+)", re.IGNORECASE)
_AMBIGUOUS = frozenset(
    {"D", "A", "J", "DI", "DII", "DIII", "DAVR", "DAVL", "DAVF"} | {f"DV{n}" for n in range(1, 7)}
)
"""Names that mean this lead only as a reference identifier of ISO/IEEE 11073-10102."""


def lead_code(label: str) -> Coding | None:
    """Return the code of the lead that a label names, None where it names none that is known.

    Case, a leading "Lead" or "ECG" and units of spelling ("ECG aVR", "lead_ii", "MDC_ECG_LEAD_V1") are no
    matter; anything else must be the name itself: a wrong lead is worse than none.
    """
    name = label.strip()
    is_reference = name.upper().startswith("MDC_ECG_LEAD_")
    name = _PREFIX.sub("", name).strip(" _:").upper()
    if name in _AMBIGUOUS and not is_reference:
        return None
    number = _NAMED.get(name)
    return None if number is None else numbered_lead(number)


def numbered_lead(number: int) -> Coding | None:
    """Return the lead of a number of SCP-ECG, None where CID 3001 has no such lead.

    Number 0, the unspecified lead, is none: whoever asks for leads is not served by it.
    """
    return _codes().get(f"2:{number}") if number else None


@cache
def _codes() -> dict[str, Coding]:
    return {
        code: Coding("MDC", code, meaning)
        for codes in concepts()["MDC"].values()
        for code, (meaning, cids) in codes.items()
        if _CID in cids
    }
