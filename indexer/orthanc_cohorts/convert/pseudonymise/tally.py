"""How often what was done, by attribute and action; never with a value.

Knows labels and numbers only.
"""

from __future__ import annotations

from collections import Counter

from pydicom.datadict import keyword_for_tag

from orthanc_cohorts.convert.pseudonymise.profile import Action


class Tally:
    """Counts of actions by attribute."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, Action]] = Counter()

    def note(self, label: str, action: Action) -> None:
        """Count one."""
        self.counts[label, action] += 1


def label(tag: int) -> str:
    """Return how reports name an attribute: by keyword, a private one by its group alone.

    A private creator is a text like any other, and may name somebody.
    """
    group, element = tag >> 16, tag & 0xFFFF
    if group % 2:
        return f"private ({group:04X},xx{element & 0xFF:02X})"
    return keyword_for_tag(tag) or f"({group:04X},{element:04X})"
