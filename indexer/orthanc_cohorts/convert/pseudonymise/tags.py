"""Attributes that are treated by name, as tags (PS3.6)."""

from __future__ import annotations

PATIENT_NAME = 0x00100010
PATIENT_ID = 0x00100020
PATIENT_BIRTH_DATE = 0x00100030
PERSON_NAME = 0x0040A123
TEXT_VALUE = 0x0040A160
CONTENT_ITEM_REFERENCE = 0x0040DB73
CODE_TEXTS = frozenset(
    {0x00080100, 0x00080102, 0x00080103, 0x00080104, 0x00080108, 0x00080119, 0x00080120}
)  # fmt: skip
"""Values, scheme, version and meanings of a code."""
