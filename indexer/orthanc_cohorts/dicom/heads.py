"""What the first eight bytes of an element say, remembered (PS3.5 section 7.1).

Knows neither values nor nesting.
"""

from __future__ import annotations

from orthanc_cohorts.dicom.dictionary import SEQUENCE_TAGS
from orthanc_cohorts.dicom.start import LONGS, TEXTS, VRS, explicit_header, length_of

BULK_BYTES = 65_536
"""A binary value longer than this is jumped over."""
KEPT = 4_096
_DELIMITER_GROUP = 0xFFFE

Head = tuple[int, bytes | None, int, bool]
"""Tag; VR, None where none is stated; length, negative where these bytes do not tell; whether the value is
taken as it is."""


HEADS: tuple[dict[bytes, Head], dict[bytes, Head]] = {}, {}
"""Of data sets without and with VRs, by their bytes: few combinations of tag, VR and length are in use."""


def head_of(head: bytes, explicit: bool) -> Head:
    """Return what the head of an element says, and remember it."""
    heads = HEADS[explicit]
    if len(heads) >= KEPT:
        heads.clear()
    group, element, vr, length = explicit_header(head)
    tag, public = group << 16 | element, not group & 1
    found: Head
    if explicit and vr in VRS:
        found = tag, vr, -1 if vr in LONGS else length, public and vr in TEXTS
    elif explicit and group != _DELIMITER_GROUP:
        found = tag, None, -1, False
    else:
        (length,) = length_of(head, 4)
        plain = public and group != _DELIMITER_GROUP and tag not in SEQUENCE_TAGS
        found = tag, None, length, plain and length <= BULK_BYTES
    heads[head] = found
    return found
