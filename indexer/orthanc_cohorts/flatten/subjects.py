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
    """Numbers the subjects of one object, 0 being the object as a whole."""

    __slots__ = ("_numbers", "_paths")

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._paths: list[tuple[int, Node]] = []

    def claim(self, reference: Node) -> int:
        """Return the subject that a reference item belongs to: the innermost item around it that states."""
        owner = reference.parent
        while owner is not None and owner.parent is not None:
            if owner.value_type in _STATING:
                number = self._numbers.get(id(owner))
                if number is None:
                    number = self._numbers[id(owner)] = len(self._numbers) + 1
                    self._paths.append((number, owner))
                return number
            owner = owner.parent
        return WHOLE

    def of(self, node: Node, around: int) -> int:
        """Return the subject of a statement: its own, else that of what is around it."""
        return self._numbers.get(id(node), around)

    def rows(self) -> list[Row]:
        """Return the `subject` rows, the whole first."""
        rows: list[Row] = [(WHOLE, None, "1")]
        for number, owner in self._paths:
            rows.append((number, self._around(owner), owner.path))
        return rows

    def _around(self, node: Node) -> int:
        place = node.parent
        while place is not None:
            number = self._numbers.get(id(place))
            if number is not None:
                return number
            place = place.parent
        return WHOLE
