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


class Heads(dict[bytes, Head]):
    """Heads by their bytes, each read once: few combinations of tag, VR and length are in use."""

    def __init__(self, explicit: bool) -> None:
        self._explicit = explicit

    def __missing__(self, head: bytes) -> Head:
        if len(self) >= KEPT:
            self.clear()
        group, element, vr, length = explicit_header(head)
        tag, public = group << 16 | element, not group & 1
        found: Head
        if self._explicit and vr in VRS:
            found = tag, vr, -1 if vr in LONGS else length, public and vr in TEXTS
        elif self._explicit and group != _DELIMITER_GROUP:
            found = tag, None, -1, False
        else:
            (length,) = length_of(head, 4)
            plain = public and group != _DELIMITER_GROUP and tag not in SEQUENCE_TAGS
            found = tag, None, length, plain and length <= BULK_BYTES
        self[head] = found
        return found


HEADS = Heads(explicit=False), Heads(explicit=True)
"""Of data sets without and with VRs."""
