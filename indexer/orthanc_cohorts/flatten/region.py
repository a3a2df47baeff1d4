"""`region` rows: coordinates in an image, in space or in a waveform (PS3.3 C.18.6, C.18.7, C.18.9).

Pure. The coordinates themselves stand in `content_item`.
"""

from __future__ import annotations

from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.tree import DataSet
from orthanc_cohorts.flatten.node import Node
from orthanc_cohorts.model.rows import Row

_DIMENSIONS = {"SCOORD": 2, "SCOORD3D": 3, "TCOORD": 1}
_REFERENCED_SOP = 0x00081199


def region_row(node: Node, group: str | None) -> Row:
    """Return the row of a coordinates item; group: path of the observation group around it.

    The image is that of the SELECTED FROM child, NULL where there is none (coordinates in space).
    """
    item = node.item
    target: DataSet = {}
    for child in node.children:
        if _REFERENCED_SOP in child.item:
            target = values.first_item(child.item, _REFERENCED_SOP)
            break
    kind = node.value_type or ""
    graphic_type, coordinates, frame_of_reference_uid = node.graphic
    return (
        node.path,
        group,
        kind,
        graphic_type,
        len(coordinates or ()) // _DIMENSIONS[kind],
        frame_of_reference_uid,
        values.word(item, 0x00480301),
        values.word(item, 0x0070031A),
        *node.concept,
        values.word(target, 0x00081150),
        values.word(target, 0x00081155),
        values.integers(target, 0x00081160) or None,
    )
