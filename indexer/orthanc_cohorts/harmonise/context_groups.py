"""Context groups of PS3.16 as value sets of canonical concepts, with a hash of what they hold.

Knows the edition that pydicom carries; no definitions and no rows.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from orthanc_cohorts.errors import UnknownContextGroup
from orthanc_cohorts.harmonise.concepts import canonical_concept
from orthanc_cohorts.harmonise.terminology import concepts, group_keywords


def context_group(number: int | str) -> frozenset[str]:
    """Return the members of a context group as canonical `SCHEME|code`, those of included groups among them.

    number: as PS3.16 numbers it, 4031 or "4031"; leading zeros do not matter.
    Never empty. Codes of the few schemes that pydicom leaves out (BI-RADS, NCDR) are missing here, too.
    Raises UnknownContextGroup: no such group in pydicom's edition, or none of its codes.
    Source: PS3.16 annex B.
    """
    return _members(_number(number))


def context_group_hash(number: int | str) -> str:
    """Return the SHA-256 of a context group, 64 hexadecimal digits: one hash, one set of codes.

    It is taken over the sorted members, one per line, in UTF-8; PS3.16 grows with every edition, so that a
    definition that names a group should carry it. Raises UnknownContextGroup.
    """
    return sha256("\n".join(sorted(context_group(number))).encode()).hexdigest()


def _number(number: int | str) -> int:
    text = str(number).strip()
    if text.isascii() and text.isdigit() and len(text) <= 9 and group_keywords().get(int(text)):
        return int(text)
    raise UnknownContextGroup(
        f"context group CID {text[:20]} has no codes in PS3.16 as known here; list its codes instead"
    )


@cache
def _members(number: int) -> frozenset[str]:
    found: set[str] = set()
    for scheme, keywords in group_keywords()[number].items():
        for keyword in keywords:
            # A keyword may stand for several codes, of which other groups list the others.
            for code, (_, groups) in concepts()[scheme][keyword].items():
                concept = canonical_concept(scheme, code)
                if number in groups and concept is not None:
                    found.add(concept)
    return frozenset(found)
