"""Content items of structured reports, one function per value type (PS3.3 C.17.3, C.18).

Knows nothing of templates, nor of the document around the tree. Each call makes a new item.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date as Date
from datetime import datetime as DateTime
from decimal import Decimal
from typing import Literal

from pydicom.dataset import Dataset
from pydicom.valuerep import format_number_as_ds

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.header import dicom_date, dicom_datetime

Relationship = Literal[
    "CONTAINS", "HAS OBS CONTEXT", "HAS CONCEPT MOD", "HAS PROPERTIES", "HAS ACQ CONTEXT", "INFERRED FROM",
    "SELECTED FROM",
]  # fmt: skip
_DS = 16
"""Characters of a NumericValue (DS)."""


def container(
    name: Coding,
    *children: Dataset,
    rel: Relationship | None = "CONTAINS",
    template: str | None = None,
    is_continuous: bool = False,
) -> Dataset:
    """Return a CONTAINER; rel None makes it a root. template: its TID in DICOM's own resource (DCMR)."""
    item = _item("CONTAINER", rel, name, children)
    item.ContinuityOfContent = "CONTINUOUS" if is_continuous else "SEPARATE"
    if template is not None:
        said = Dataset()
        said.MappingResource, said.TemplateIdentifier = "DCMR", template
        item.ContentTemplateSequence = [said]
    return item


def code(name: Coding, value: Coding, *children: Dataset, rel: Relationship = "CONTAINS") -> Dataset:
    """Return a CODE item."""
    item = _item("CODE", rel, name, children)
    item.ConceptCodeSequence = [value.item]
    return item


def num(
    name: Coding,
    value: Decimal | None,
    unit: Coding,
    *children: Dataset,
    rel: Relationship = "CONTAINS",
    qualifier: Coding | None = None,
) -> Dataset:
    """Return a NUM item; value None: not known, and the qualifier says why (CID 42).

    A value of more digits than DS holds is given in full as FloatingPointValue beside it.
    Source: PS3.3 C.18.1.
    """
    item = _item("NUM", rel, name, children)
    item.MeasuredValueSequence = []
    if value is not None:
        measured = Dataset()
        text = f"{value:f}"
        if len(text) > _DS:
            text = format_number_as_ds(float(value))
            measured.FloatingPointValue = float(value)
        measured.NumericValue = text
        measured.MeasurementUnitsCodeSequence = [unit.item]
        item.MeasuredValueSequence = [measured]
    if qualifier is not None:
        item.NumericValueQualifierCodeSequence = [qualifier.item]
    return item


def text(name: Coding, value: str, *children: Dataset, rel: Relationship = "CONTAINS") -> Dataset:
    """Return a TEXT item; the text may have lines."""
    item = _item("TEXT", rel, name, children)
    item.TextValue = value
    return item


def date(name: Coding, value: Date, *children: Dataset, rel: Relationship = "CONTAINS") -> Dataset:
    """Return a DATE item."""
    item = _item("DATE", rel, name, children)
    item.Date = dicom_date(value)
    return item


def datetime(
    name: Coding, value: DateTime | Date, *children: Dataset, rel: Relationship = "CONTAINS"
) -> Dataset:
    """Return a DATETIME item, as precise as the value."""
    item = _item("DATETIME", rel, name, children)
    item.DateTime = dicom_datetime(value)
    return item


def pname(name: Coding, value: str, *children: Dataset, rel: Relationship = "CONTAINS") -> Dataset:
    """Return a PNAME item."""
    item = _item("PNAME", rel, name, children)
    item.PersonName = value
    return item


def uidref(name: Coding, value: str, *children: Dataset, rel: Relationship = "CONTAINS") -> Dataset:
    """Return a UIDREF item."""
    item = _item("UIDREF", rel, name, children)
    item.UID = value
    return item


def reference(
    value_type: Literal["IMAGE", "WAVEFORM", "COMPOSITE"],
    name: Coding | None,
    of: Dataset,
    *children: Dataset,
    rel: Relationship = "CONTAINS",
    segments: Sequence[int] = (),
    channels: Sequence[tuple[int, int]] = (),
) -> Dataset:
    """Return an item that refers to an object.

    of: the object. segments: of a segmentation. channels: (multiplex group, channel) of a waveform.
    """
    item = _item(value_type, rel, name, children)
    named = Dataset()
    named.ReferencedSOPClassUID, named.ReferencedSOPInstanceUID = of.SOPClassUID, of.SOPInstanceUID
    if segments:
        named.ReferencedSegmentNumber = list(segments) if len(segments) > 1 else segments[0]
    if channels:
        named.ReferencedWaveformChannels = [number for pair in channels for number in pair]
    item.ReferencedSOPSequence = [named]
    return item


def scoord3d(
    name: Coding | None,
    graphic_type: str,
    points: Iterable[tuple[float, float, float]],
    frame_of_reference_uid: str,
    *children: Dataset,
    rel: Relationship = "CONTAINS",
) -> Dataset:
    """Return a SCOORD3D item.

    points: (x, y, z) in mm towards left, posterior and superior; they are held in single precision (FL).
    Source: PS3.3 C.18.9.
    """
    item = _item("SCOORD3D", rel, name, children)
    item.GraphicType = graphic_type
    item.GraphicData = [float(number) for point in points for number in point]
    item.ReferencedFrameOfReferenceUID = frame_of_reference_uid
    return item


def _item(
    value_type: str, rel: Relationship | None, name: Coding | None, children: Iterable[Dataset]
) -> Dataset:
    item = Dataset()
    if rel is not None:
        item.RelationshipType = rel
    item.ValueType = value_type
    if name is not None:
        item.ConceptNameCodeSequence = [name.item]
    below = list(children)
    if below:
        item.ContentSequence = below
    return item
