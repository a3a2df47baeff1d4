"""Caps on request bodies, checked before anything parses them.

Pure; every step is a linear pass in C. Orthanc's HTTP threads have a 100 KiB stack (Debian 12 and 13),
on which `json.loads` of 600 nested brackets ends the whole process.
"""

from __future__ import annotations

import re

# Possessive, and matching an unterminated string too: else a body of quotes takes quadratic time.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def nested_deeper_than(body: bytes, limit: int) -> bool:
    """Whether brackets of a JSON text nest deeper than `limit` levels, those in strings not counted.

    Each pass takes away the innermost level. What stays is unbalanced; it counts with all its opening
    brackets, which is the depth a parser would reach before it fails.
    """
    if body.count(b"[") + body.count(b"{") <= limit:
        return False
    brackets = _STRING.sub(b"", body).translate(_ONE_KIND, _NO_BRACKETS)
    for depth in range(limit + 1):
        smaller = brackets.replace(b"[]", b"")
        if len(smaller) == len(brackets):
            return depth + brackets.count(b"[") > limit
        brackets = smaller
    return True
