"""A code of a terminology, compared by scheme and value (PS3.3 section 8).

Knows nothing of meanings: they are collected, never compared (PS3.3 8.3).
"""

from __future__ import annotations

from typing import NamedTuple


class Concept(NamedTuple):
    """A code as (scheme, code); written `SCHEME|code` wherever text is needed.

    Equal and hashed by both parts, so it may key a dict (pydicom's own Code breaks the hash rule).
    """

    scheme: str
    code: str

    def __str__(self) -> str:
        return f"{self.scheme}|{self.code}"

    @classmethod
    def parse(cls, text: str) -> Concept:
        """Return the concept that `SCHEME|code` names.

        Raises ValueError when there is no `|` or a side is empty.
        """
        scheme, bar, code = text.partition("|")
        if not bar or not scheme.strip() or not code.strip():
            raise ValueError(f"{text!r} is no code; write SCHEME|code, for example SCT|399020009")
        return cls(scheme.strip(), code.strip())
