"""Codes of a definition: `SCHEME|code` made canonical, context groups expanded (PS3.16).

Knows no rows; the same mapping (`harmonise`) made the canonical columns of the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from orthanc_cohorts.errors import UnknownContextGroup
from orthanc_cohorts.harmonise import canonical_concept, context_group, context_group_hash
from orthanc_cohorts.model.concept import Concept


def canonical_code(text: str) -> str:
    """Return the canonical form of a code in a definition; SRT codes become their SCT twin.

    `CID|4031` becomes `CID|4031@<digest>`: the digest is of the codes it stands for here, so that one
    hash of a definition means one set of codes at every site (PS3.16 grows every year).
    Raises ValueError: no code, an unknown context group, or a digest of another edition.
    """
    scheme, code = Concept.parse(text)
    if scheme != "CID":
        return canonical_concept(scheme, code) or f"{scheme}|{code}"
    number, _, digest = code.partition("@")
    number = number.lstrip("0")
    known = group_digest(number)
    if digest and digest != known:
        raise ValueError(f"CID {number} holds other codes here (digest {known}); send it without the digest")
    return f"CID|{number}@{known}"


def expand(codes: Iterable[str]) -> list[str]:
    """Return canonical codes with every context group replaced by its codes; sorted, each once."""
    found: set[str] = set()
    for code in codes:
        scheme, _, value = code.partition("|")
        found.update(group(value.partition("@")[0]) if scheme == "CID" else (code,))
    return sorted(found)


@cache
def group(number: str) -> Sequence[str]:
    """Return the canonical codes of a context group as pydicom's edition of PS3.16 lists them, sorted.

    Raises ValueError: no such group.
    """
    try:
        return tuple(sorted(context_group(number)))
    except UnknownContextGroup as error:
        raise ValueError(
            f"context group CID {number} is not in PS3.16 as known here; list its codes instead"
        ) from error


@cache
def group_digest(number: str) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a group's codes, one per line.

    Raises ValueError: no such group.
    """
    group(number)
    return context_group_hash(number)[:16]
