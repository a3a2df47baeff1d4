"""Keyed pseudonyms of a site: identifiers by HMAC-SHA256, dates shifted per patient, shares of a split.

Knows a key and texts; no rows. Without the key nothing can be told from the outside, not even by trying every
possible PatientID; with it the same identifier gives the same pseudonym in every dataset of the site.
"""

from __future__ import annotations

import hmac
import json
import os
from pathlib import Path

KEY_NAME = "pseudonym.key"
KEY_BYTES = 32
_BLOCK_BYTES = 64
"""Of SHA-256; a key is shorter."""
SHIFTS = 731
"""Days by which the dates of one patient are moved, all by the same: from -365 to 365."""


def site_key(directory: Path) -> bytes:
    """Return the key of a site, made at the first call and kept in a folder with mode 0600.

    Raises OSError. Whoever loses it can no longer tell which pseudonym was whose.
    """
    path = directory / KEY_NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise ValueError(f"{path} is no key of {KEY_BYTES} bytes; restore it from your backup") from None
        return key
    key = os.urandom(KEY_BYTES)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


def identity(patient_id: str | None, issuer: str | None, study_instance_uid: str | None) -> str:
    """Return one text for a patient; an empty PatientID is one person per study."""
    if not patient_id:
        return json.dumps(["", "", study_instance_uid or ""])
    return json.dumps([patient_id, issuer or ""])


def uid_of(digest: str) -> str:
    """Return the UID that a digest, in hexadecimal digits, stands for: its first 128 bits below 2.25."""
    return f"2.25.{int(digest[:32], 16)}"


class Pseudonyms:
    """The pseudonyms under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of_patient(self, identity: str) -> str:
        """Return the pseudonym of a patient: 32 hexadecimal digits."""
        return self._digest("patient", identity)[:16].hex()

    def of_uid(self, uid: str) -> str:
        """Return the pseudonym of a UID, itself a UID (PS3.5 B.2: below 2.25 a number of up to 128 bits)."""
        return uid_of(self._digest("uid", uid).hex())

    def of_resource(self, text: str) -> str:
        """Return the name of anything else that an export tells apart: 32 hexadecimal digits."""
        return self._digest("resource", text)[:16].hex()

    def of_key(self, level: str, name: str) -> int:
        """Return the number that stands for a patient, study, series or instance: 63 bits, in no order."""
        return int.from_bytes(self._digest(f"key {level}", name)[:8], "big") >> 1

    def shift(self, identity: str) -> int:
        """Return the days by which all dates of a patient are moved, -365 to 365."""
        return int.from_bytes(self._digest("shift", identity)[:8], "big") % SHIFTS - SHIFTS // 2

    def part(self, identity: str, shares: dict[str, float], salt: str) -> str:
        """Return the part of a split that a patient falls into: the same wherever the shares are."""
        draw = int.from_bytes(self._digest("split", f"{salt}\0{identity}")[:8], "big") / 2**64
        ordered = sorted(shares)
        for name in ordered:
            draw -= shares[name]
            if draw < 0:
                return name
        return ordered[-1]

    def unlinkable(self, purpose: str) -> Pseudonyms:
        """Return pseudonyms under a key of one purpose: those of two purposes do not meet."""
        return Pseudonyms(self._digest("purpose", purpose))

    def blocks(self, kind: str) -> dict[str, bytes]:
        """Return what HMAC (RFC 2104) hashes before a text, for whoever digests many texts elsewhere.

        inner: before the text of one kind: `uid`, `key study` and so on. outer: before the hash of both.
        """
        padded = self._key.ljust(_BLOCK_BYTES, b"\0")
        return {
            "inner": bytes(octet ^ 0x36 for octet in padded) + f"{kind}\0".encode(),
            "outer": bytes(octet ^ 0x5C for octet in padded),
        }

    def _digest(self, kind: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{kind}\0{text}".encode(), "sha256")
