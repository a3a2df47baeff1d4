"""Content items for tests: one function per value type, in plain pydicom.

Knows nothing of whole objects; use it through `build`, which offers everything here as well.
Codes are written `SCHEME|code|meaning`, see `build`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydicom.dataset import Dataset
from pydicom.uid import TwelveLeadECGWaveformStorage


def concept(text: str) -> Dataset:
    """Return a code item of `SCHEME|code|meaning`; codes over 16 characters become LongCodeValue or URN."""
    parts = text.split("|", 2)
    scheme, value = (parts[0], parts[1]) if len(parts) > 1 else ("99TEST", text)
    item = Dataset()
    if value.startswith("urn:"):
        item.URNCodeValue = value
    elif len(value) > 16:
        item.LongCodeValue = value
    else:
        item.CodeValue = value
    if scheme:
        item.CodingSchemeDesignator = scheme
    item.CodeMeaning = parts[2] if len(parts) > 2 else value
    return item


def _item(value_type: str, name: str | None, children: Iterable[Dataset], rel: str | None) -> Dataset:
    item = Dataset()
    if rel is not None:
        item.RelationshipType = rel
    item.ValueType = value_type
    if name is not None:
        item.ConceptNameCodeSequence = [concept(name)]
    children = list(children)
    if children:
        item.ContentSequence = children
    return item


def container(
    name: str | None, *children: Dataset, rel: str = "CONTAINS", template: str | None = None
) -> Dataset:
    """Return a CONTAINER; template is the TID it states."""
    item = _item("CONTAINER", name, children, rel)
    item.ContinuityOfContent = "SEPARATE"
    if template is not None:
        item.ContentTemplateSequence = [template_item(template)]
    return item


def num(
    name: str,
    value: object,
    unit: str = "mm",
    *children: Dataset,
    qualifier: str | None = None,
    float_value: float | None = None,
    rel: str = "CONTAINS",
) -> Dataset:
    """Return a NUM; value None writes an empty MeasuredValueSequence, a text is written as it stands.

    unit: UCUM, or `SCHEME|code|meaning`.
    """
    item = _item("NUM", name, children, rel)
    measured: list[Dataset] = []
    if value is not None:
        measured.append(Dataset())
        if float_value is not None:
            measured[0].FloatingPointValue = float_value
        measured[0].add_new("NumericValue", "DS", value)
        measured[0].MeasurementUnitsCodeSequence = [concept(unit if "|" in unit else f"UCUM|{unit}|{unit}")]
    item.MeasuredValueSequence = measured
    if qualifier is not None:
        item.NumericValueQualifierCodeSequence = [concept(qualifier)]
    return item


def code(name: str | None, value: str | None, *children: Dataset, rel: str = "CONTAINS") -> Dataset:
    """Return a CODE item; value None writes an empty ConceptCodeSequence."""
    item = _item("CODE", name, children, rel)
    item.ConceptCodeSequence = [] if value is None else [concept(value)]
    return item


def text(name: str, value: str, *children: Dataset, rel: str = "CONTAINS") -> Dataset:
    """Return a TEXT item."""
    item = _item("TEXT", name, children, rel)
    item.TextValue = value
    return item


def uidref(name: str, value: str, *children: Dataset, rel: str = "CONTAINS") -> Dataset:
    """Return a UIDREF item."""
    item = _item("UIDREF", name, children, rel)
    item.UID = value
    return item


def pname(name: str, value: str, *children: Dataset, rel: str = "HAS OBS CONTEXT") -> Dataset:
    """Return a PNAME item."""
    item = _item("PNAME", name, children, rel)
    item.PersonName = value
    return item


def datetime(name: str, value: str, *children: Dataset, rel: str = "CONTAINS") -> Dataset:
    """Return a DATETIME item; value as DT, for example 20240131120000+0100."""
    item = _item("DATETIME", name, children, rel)
    item.DateTime = value
    return item


def date(name: str, value: str, *children: Dataset, rel: str = "CONTAINS") -> Dataset:
    """Return a DATE item; value as DA."""
    item = _item("DATE", name, children, rel)
    item.Date = value
    return item


def time(name: str, value: str, *children: Dataset, rel: str = "CONTAINS") -> Dataset:
    """Return a TIME item; value as TM."""
    item = _item("TIME", name, children, rel)
    item.Time = value
    return item


def image(
    sop_class: str,
    sop_uid: str,
    frames: Sequence[int] | None = None,
    segments: Sequence[int] | None = None,
    *children: Dataset,
    name: str | None = None,
    rel: str = "CONTAINS",
) -> Dataset:
    """Return an IMAGE item that refers to frames or segments of an image."""
    item = _item("IMAGE", name, children, rel)
    item.ReferencedSOPSequence = [sop_reference(sop_class, sop_uid)]
    if frames is not None:
        item.ReferencedSOPSequence[0].ReferencedFrameNumber = list(frames)
    if segments is not None:
        item.ReferencedSOPSequence[0].ReferencedSegmentNumber = list(segments)
    return item


def waveform(
    sop_uid: str,
    channels: Sequence[int] | None = None,
    *children: Dataset,
    sop_class: str = str(TwelveLeadECGWaveformStorage),
    name: str | None = None,
    rel: str = "CONTAINS",
) -> Dataset:
    """Return a WAVEFORM item; channels are pairs (group, channel) in one flat list, 0 = all."""
    item = _item("WAVEFORM", name, children, rel)
    item.ReferencedSOPSequence = [sop_reference(sop_class, sop_uid)]
    if channels is not None:
        item.ReferencedSOPSequence[0].ReferencedWaveformChannels = list(channels)
    return item


def scoord(
    name: str | None, graphic_type: str, points: Sequence[float], *children: Dataset, rel: str = "CONTAINS"
) -> Dataset:
    """Return a SCOORD item; points as flat (column, row) pairs, pixels."""
    item = _item("SCOORD", name, children, rel)
    item.GraphicType = graphic_type
    item.GraphicData = list(points)
    return item


def by_reference(rel: str, path: str) -> Dataset:
    """Return a by-reference item whose target is the item at path, for example `1.2.3`."""
    item = Dataset()
    item.RelationshipType = rel
    item.ReferencedContentItemIdentifier = [int(part) for part in path.split(".")]
    return item


def references(*targets: tuple[str, str, str, str]) -> list[Dataset]:
    """Return evidence items for (study UID, series UID, SOP class UID, SOP instance UID) targets."""
    studies: dict[str, dict[str, list[Dataset]]] = {}
    for study_uid, series_uid, sop_class, sop_uid in targets:
        studies.setdefault(study_uid, {}).setdefault(series_uid, []).append(sop_reference(sop_class, sop_uid))
    result = []
    for study_uid, series in studies.items():
        study = Dataset()
        study.StudyInstanceUID = study_uid
        study.ReferencedSeriesSequence = []
        for series_uid, instances in series.items():
            item = Dataset()
            item.SeriesInstanceUID = series_uid
            item.ReferencedSOPSequence = instances
            study.ReferencedSeriesSequence.append(item)
        result.append(study)
    return result


def sop_reference(sop_class: str, sop_uid: str) -> Dataset:
    """Return an item that refers to an instance."""
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, sop_uid
    return item


def template_item(template: str) -> Dataset:
    """Return a ContentTemplateSequence item of a TID."""
    item = Dataset()
    item.MappingResource, item.TemplateIdentifier = "DCMR", template
    return item
