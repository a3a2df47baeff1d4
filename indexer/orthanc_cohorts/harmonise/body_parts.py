"""Text of Body Part Examined to the code of the same body part (PS3.16 annex L).

Knows defined terms, not what people write in their place.
"""

from __future__ import annotations

import re
from functools import lru_cache

from orthanc_cohorts.harmonise.body_part_codes import BODY_PARTS

_SEPARATORS = re.compile(r"[\s_\-/\\&,.]+")


@lru_cache(maxsize=4_096)
def body_part(text: str | None) -> str | None:
    """Return the canonical concept that a value of Body Part Examined (0018,0015) names.

    Case does not matter, nor do spaces, underscores and the like: `Whole body`, `CHEST_ABDOMEN` and `T-SPINE`
    are WHOLEBODY, CHESTABDOMEN and TSPINE. Nothing else is guessed: None for any other text, and for none.
    Codes are of today's PS3.16. Older objects code ABDOMEN, CHEST and PELVIS less specifically (113345001,
    51185008, 12921003), which is not made equal here.
    Source: PS3.16 tables L-1 and L-2.
    """
    code = BODY_PARTS.get(_SEPARATORS.sub("", text).upper()) if text else None
    return code and f"SCT|{code}"
