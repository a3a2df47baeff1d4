"""One content item on its way to rows: what was read of it, and where it stands.

Values only.
"""

from __future__ import annotations

from orthanc_cohorts.dicom import times
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.tree import DataSet
from orthanc_cohorts.flatten.codes import NO_CODE, Code, CodeReader
from orthanc_cohorts.flatten.numeric import NO_NUMBER, Measured


class Node:
    """One content item on its way to rows.

    parent: None for the root. children: in order. number: of a NUM item. value_code: of a CODE item. target:
    path that a by-reference item names. continuous: a container whose content flows.
    has_numbers: whether a child is a NUM item. coordinates: numbers of an SCOORD, SCOORD3D or TCOORD;
    graphic_type, frame_of_reference_uid: of these.
    What most items do not have is a default of the class: to set it in each took a third of the making.
    """

    children: list[Node] = []  # noqa: RUF012 (shared and empty: whoever has children gets a list of its own)
    concept: Code = NO_CODE
    continuous = False
    coordinates = 0
    frame_of_reference_uid: str | None = None
    graphic_type: str | None = None
    has_numbers = False
    number: Measured = NO_NUMBER
    observation_time: times.Moment | None = None
    relationship: str | None = None
    target: str | None = None
    template: str | None = None
    text: str | None = None
    value_code: Code = NO_CODE
    value_type: str | None = None

    def __init__(
        self,
        item: DataSet,
        parent: Node | None,
        path: str,
        ordinal: int,
        depth: int,
        decoder: Decoder,
        codes: CodeReader,
    ) -> None:
        self.item = item
        self.parent = parent
        self.path = path
        self.ordinal = ordinal
        self.depth = depth
        self.decoder = decoder
        self.codes = codes
