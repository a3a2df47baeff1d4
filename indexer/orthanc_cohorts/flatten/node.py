"""One content item on its way to rows: what was read of it, and where it stands.

Values only.
"""

from __future__ import annotations

from orthanc_cohorts.dicom import times
from orthanc_cohorts.dicom.tree import DataSet
from orthanc_cohorts.flatten.codes import NO_CODE, Code, CodeReader
from orthanc_cohorts.flatten.numeric import NO_NUMBER, Measured

Graphic = tuple[str | None, list[float | None] | None, str | None]
"""Type, coordinates as stated, frame of reference UID; each None where not stated."""
NO_GRAPHIC: Graphic = (None, None, None)
_NO_CHILDREN: list[Node] = []
"""Shared and never filled: whoever has children gets a list of its own."""


class Node:
    """One content item on its way to rows.

    parent: None for the root. path, ordinal, depth: where it stands. codes: reads the codes and texts of its
    character set. children: in order. number: of a NUM item. value_code: of a CODE item. target: path that a
    by-reference item names. continuous: a container whose content flows. has_numbers: whether a child is a
    NUM item. graphic: of an SCOORD, SCOORD3D or TCOORD. Slots, all filled at once: defaults of the class took
    5 % of a report's time more.
    """

    __slots__ = (
        *("children", "codes", "concept", "continuous", "depth", "graphic", "has_numbers", "item", "number"),
        *("observation_time", "ordinal", "parent", "path", "relationship", "target", "template", "text"),
        *("value_code", "value_type"),
    )

    def __init__(
        self, item: DataSet, parent: Node | None, path: str, ordinal: int, depth: int, codes: CodeReader
    ) -> None:
        self.item = item
        self.parent = parent
        self.path = path
        self.ordinal = ordinal
        self.depth = depth
        self.codes = codes
        self.children: list[Node] = _NO_CHILDREN
        self.concept: Code = NO_CODE
        self.value_code: Code = NO_CODE
        self.number: Measured = NO_NUMBER
        self.observation_time: times.Moment | None = None
        self.relationship: str | None = None
        self.value_type: str | None = None
        self.template: str | None = None
        self.target: str | None = None
        self.text: str | None = None
        self.continuous = self.has_numbers = False
        self.graphic: Graphic = NO_GRAPHIC
