"""64-bit prefixes by which identifiers are found: a column of integers scans ten times faster than text.

Pure. Whoever looks up by a prefix compares the whole identifier too.
"""

from __future__ import annotations

from hashlib import sha1


def hash_of_id(orthanc_id: str) -> int:
    """Return the first 64 bits of an Orthanc identifier, which is a SHA-1 in hexadecimal already."""
    return int(orthanc_id[:8] + orthanc_id[9:17], 16)


def hash_of_text(text: str) -> int:
    """Return the first 64 bits of the SHA-1 of a UID or another identifier."""
    return int.from_bytes(sha1(text.encode(), usedforsecurity=False).digest()[:8], "big")
