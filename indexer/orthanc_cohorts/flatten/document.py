"""The `document` row of an object whose root is a content item (PS3.3 C.17.1 to C.17.3).

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from orthanc_cohorts.dicom import times, values
from orthanc_cohorts.dicom.tree import DataSet
from orthanc_cohorts.flatten.codes import NO_CODE
from orthanc_cohorts.flatten.content import VALUE_TYPE
from orthanc_cohorts.flatten.node import Node
from orthanc_cohorts.model.rows import Row

_SR_CLASSES = "1.2.840.10008.5.1.4.1.1.88."
_LANGUAGE = ("DCM", "121049")
_PROCEDURES = frozenset({("DCM", "121058"), ("DCM", "121023")})
"""Procedure reported, and Procedure Code of the procedure context (PS3.16 TID 1005)."""


def is_document(ds: DataSet) -> bool:
    """Tell whether the object itself is a content item: it states a value type or is of an SR class."""
    return VALUE_TYPE in ds or (values.word(ds, 0x00080016) or "").startswith(_SR_CLASSES)


def document_row(ds: DataSet, nodes: list[Node], deepest: int) -> Row:
    """Return the `document` row; nodes: of its content tree, the root first; deepest: of their depths."""
    root = nodes[0]
    count = [node.value_type for node in nodes].count
    template = values.first_item(ds, 0x0040A504)
    language = next((n.value_code for n in root.children if n.concept.key == _LANGUAGE), NO_CODE)
    content = times.combine(values.word(ds, 0x00080023), values.word(ds, 0x00080033))
    return (
        *root.concept,
        root.template,
        values.word(template, 0x00080105),
        values.word(ds, 0x0040A491),
        values.word(ds, 0x0040A493),
        values.word(ds, 0x0040A496),
        content and content.time,
        content and content.precision,
        *language,
        len(nodes),
        count("NUM"),
        count("CODE"),
        count("TEXT"),
        count("IMAGE") + count("WAVEFORM") + count("COMPOSITE"),
        deepest,
        values.text(ds, 0x0040A492, root.codes.decoder),
        max(_verifications(ds), default=None),
        *next((n.value_code for n in root.children if n.concept.key in _PROCEDURES), NO_CODE),
    )


def _verifications(ds: DataSet) -> Iterator[str]:
    for observer in values.items(ds, 0x0040A073):
        moment = times.parse_datetime(values.word(observer, 0x0040A030))
        if moment is not None:
            yield moment.time
