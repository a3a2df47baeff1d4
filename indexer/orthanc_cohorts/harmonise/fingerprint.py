"""One name for the whole vocabulary: sites of one fingerprint mean the same by the same definition.

Knows the tables, no rows.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from typing import Any

from orthanc_cohorts.harmonise.body_part_codes import BODY_PARTS
from orthanc_cohorts.harmonise.code_tables import RT_TO_CT, SCHEME_SPELLINGS, STANDARD_SCHEMES
from orthanc_cohorts.harmonise.terminology import concepts, group_keywords, rt_to_ct
from orthanc_cohorts.harmonise.unit_spellings import PATTERNS, SPELLINGS, WORDS
from orthanc_cohorts.harmonise.units import CANONICAL


@cache
def vocabulary_fingerprint() -> str:
    """Return 16 hexadecimal digits of the SHA-256 of every table that makes codes and units canonical.

    In it: SNOMED RT to CT, spellings of schemes, context groups, body parts, spellings of units and the unit
    of each dimension. Not in it: factors between UCUM units, which do not change.
    Takes about half a second when first asked, since all of PS3.16 is read.
    """
    return fingerprint(_tables())


def fingerprint(tables: Any) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of tables in JSON; the order of keys does not matter."""
    return sha256(json.dumps(tables, sort_keys=True, default=sorted).encode()).hexdigest()[:16]


def _tables() -> list[Any]:
    groups = {
        scheme: {
            keyword: {code: sorted(numbers) for code, (_, numbers) in codes.items()}
            for keyword, codes in of.items()
        }
        for scheme, of in concepts().items()
    }
    return [
        [rt_to_ct(), RT_TO_CT, SCHEME_SPELLINGS, STANDARD_SCHEMES],
        [groups, group_keywords()],
        BODY_PARTS,
        [SPELLINGS, WORDS, PATTERNS, CANONICAL],
    ]
