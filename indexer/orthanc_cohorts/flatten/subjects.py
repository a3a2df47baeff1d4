"""What a statement speaks of: the images and waveforms referenced by it, by what is around it, or by all.

Pure. The clinical time of a statement without one of its own is that of its subject (resolved by the index).
"""

from __future__ import annotations

from orthanc_cohorts.flatten.node import Node
from orthanc_cohorts.model.rows import Row

WHOLE = 0
"""The object as a whole."""

_STATING = frozenset({"NUM", "CODE", "TEXT", "CONTAINER"})


class Subjects:
    """Numbers the subjects of one object, 0 being the object as a whole.

    numbers: of the items that are subjects, in the order met.
    """

    __slots__ = ("numbers",)

    def __init__(self) -> None:
        self.numbers: dict[Node, int] = {}

    def claim(self, reference: Node) -> int:
        """Return the subject that a reference item belongs to: the innermost item around it that states."""
        owner = reference.parent
        while owner is not None and owner.parent is not None:
            if owner.value_type in _STATING:
                return self.numbers.setdefault(owner, len(self.numbers) + 1)
            owner = owner.parent
        return WHOLE

    def rows(self) -> list[Row]:
        """Return the `subject` rows, the whole first."""
        rows: list[Row] = [(WHOLE, None, "1")]
        rows += [(number, self._around(owner), owner.path) for owner, number in self.numbers.items()]
        return rows

    def _around(self, node: Node) -> int:
        place = node.parent
        while place is not None:
            number = self.numbers.get(place)
            if number is not None:
                return number
            place = place.parent
        return WHOLE
