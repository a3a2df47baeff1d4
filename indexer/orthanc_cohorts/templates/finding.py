"""What a check says: one finding per rule broken, in codes only.

Knows no rules and no items.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "info"]

SEVERITIES: dict[str, Severity] = {
    "missing": "error",
    "value-type": "error",
    "relationship": "warning",
    "value-set": "warning",
    "unit": "warning",
    "concept": "warning",
    "too-many": "info",
    "order": "info",
    "misplaced": "info",
    "concept-unknown": "info",
    "template-unknown": "info",
    "template-missing": "info",
    "template-other": "info",
}
"""How grave each kind of finding is."""

_LONGEST = 80
_TEMPLATE_IDENTIFIER = re.compile(r"(?=.*[0-9])[A-Za-z0-9_.-]{1,16}\Z")
_TERMS = frozenset(
    {"TEXT", "NUM", "CODE", "DATETIME", "DATE", "TIME", "UIDREF", "PNAME", "COMPOSITE", "IMAGE", "WAVEFORM"}
    | {"SCOORD", "SCOORD3D", "TCOORD", "CONTAINER", "TABLE", "CONTAINS", "HAS PROPERTIES", "HAS OBS CONTEXT"}
    | {"HAS ACQ CONTEXT", "INFERRED FROM", "SELECTED FROM", "HAS CONCEPT MOD"}
)
"""Value types and relationship types (PS3.3 C.17.3.2)."""


class Finding(NamedTuple):
    """One deviation of a document from its template.

    path: of the item, or of the parent of what is missing. template: `TID1501`, "" where none was found.
    rule: for example `TID1501-row3-missing`, `template-unknown`. expected, found: short texts of codes and
    defined terms; "none" where there is nothing. Never free text and never a value of a patient.
    """

    path: str
    template: str
    rule: str
    severity: Severity
    expected: str
    found: str


def listed(terms: frozenset[str]) -> str:
    """Return terms as one short text, sorted."""
    text = " or ".join(sorted(terms))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def term(text: str | None) -> str:
    """Return a value type or relationship type, "none" without one; anything else is not shown."""
    if not text:
        return "none"
    return text if text in _TERMS else "no defined term"


def identifier(text: str | None) -> str:
    """Return a template identifier as sent, "none" without one; what cannot be one is not shown."""
    if not text:
        return "none"
    return text if _TEMPLATE_IDENTIFIER.match(text) else "no identifier"


def shown(code: str | None) -> str:
    """Return `SCHEME|code`, "none" without one; what is too long for a code is cut."""
    return code[:_LONGEST] if code else "none"
