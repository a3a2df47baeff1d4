"""pydicom's terminology tables: SNOMED RT to CT, concepts by scheme, context groups (PS3.16).

Loaded when first asked, since they take a quarter of a second; knows nothing of our own additions.
"""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def rt_to_ct() -> dict[str, str]:
    """Return the SNOMED CT code of each SNOMED RT identifier (PS3.16 table O-1)."""
    from pydicom.sr import _snomed_dict

    table: dict[str, str] = _snomed_dict.mapping["SRT"]
    return table


@cache
def concepts() -> dict[str, dict[str, dict[str, Any]]]:
    """Return scheme -> keyword -> code -> (meaning, numbers of the context groups that list it)."""
    from pydicom.sr import _concepts_dict

    table: dict[str, dict[str, dict[str, Any]]] = _concepts_dict.concepts
    return table


@cache
def group_keywords() -> dict[int, dict[str, list[str]]]:
    """Return number of a context group -> scheme -> keywords, the groups it includes among them."""
    from pydicom.sr import _cid_dict

    table: dict[int, dict[str, list[str]]] = _cid_dict.cid_concepts
    return table


@cache
def codes_of(scheme: str) -> frozenset[str]:
    """Return the codes of a scheme that PS3.16 uses, none for a scheme that it does not use."""
    return frozenset(code for codes in concepts().get(scheme, {}).values() for code in codes)
