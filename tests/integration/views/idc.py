"""The rules of the IDC tables over TID 1500 documents, replayed on pydicom data sets.

Written from the queries of the IDC derived tables (etl_flow); knows nothing of the code under test. Rows are
sets: the joins of the originals repeat a row for every repeated child.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydicom.dataset import Dataset

SR_CLASSES = frozenset(f"1.2.840.10008.5.1.4.1.1.88.{number}" for number in (11, 22, 33, 34, 35))
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
TRACKING_IDENTIFIER, TRACKING_UID = ("112039", "DCM"), ("112040", "DCM")
SOURCE_SERIES, FINDING = ("121232", "DCM"), ("121071", "DCM")
SITE_SRT, SITE_SCT = ("G-C0E3", "SRT"), ("363698007", "SCT")
DERIVATION = ("121401", "DCM")
LATERALITY = (("272741003", "SCT"), ("G-C171", "SRT"))

Code = tuple[str | None, str | None, str | None]


class Group(NamedTuple):
    """A row of measurement_groups; path: of the container in its document, the root being 1."""

    sop_instance_uid: str
    path: str
    tracking_uid: str
    tracking_identifier: str
    patient_id: str
    series_description: str | None
    finding: Code
    site: Code
    source_series_uid: str
    segmentation_uid: str
    segment_number: int | None


class Quantity(NamedTuple):
    """A row of quantitative_measurements."""

    group: Group
    quantity: Code
    derivation: Code | None
    laterality: Code | None
    value: float | None
    unit: Code | None


class Quality(NamedTuple):
    """A row of qualitative_measurements."""

    group: Group
    quantity: Code
    value: Code


def children(item: Dataset) -> list[Dataset]:
    """Return the content items below an item."""
    return list(item.get("ContentSequence") or [])


def code(item: Dataset, keyword: str) -> Code | None:
    """Return the first code of a code sequence, None where there is none."""
    sequence = item.get(keyword)
    if not sequence:
        return None
    first = sequence[0]
    return first.get("CodeValue"), first.get("CodingSchemeDesignator"), first.get("CodeMeaning")


def name(item: Dataset) -> Code:
    """Return the concept name of an item."""
    return code(item, "ConceptNameCodeSequence") or (None, None, None)


def groups(ds: Dataset) -> set[Group]:
    """Return the rows of measurement_groups."""
    return {group for group, _ in _groups(ds)}


def quantities(ds: Dataset) -> set[Quantity]:
    """Return the rows of quantitative_measurements."""
    return {
        Quantity(
            group,
            name(item),
            _first_child(item, DERIVATION),
            _first_child(item, *LATERALITY),
            _value(item),
            _unit(item),
        )
        for group, container in _groups(ds)
        for item in children(container)
        if item.get("ValueType") == "NUM"
    }


def qualities(ds: Dataset) -> set[Quality]:
    """Return the rows of qualitative_measurements: no concept of DCM or SRT, and only sites coded in SRT."""
    found = set()
    for group, container in _groups(ds):
        if not any(name(item)[:2] == SITE_SRT for item in children(container)):
            continue
        for item in children(container):
            value = code(item, "ConceptCodeSequence")
            quantity = name(item)
            if item.get("ValueType") == "CODE" and value and quantity[1] not in ("DCM", "SRT"):
                found.add(Quality(group, quantity, value))
    return found


def _groups(ds: Dataset) -> Iterator[tuple[Group, Dataset]]:
    template = ds.get("ContentTemplateSequence")
    if ds.SOPClassUID not in SR_CLASSES or not template:
        return
    if (template[0].get("MappingResource"), template[0].get("TemplateIdentifier")) != ("DCMR", "1500"):
        return
    for outer, section in enumerate(children(ds), 1):
        for inner, container in enumerate(children(section), 1):
            if container.get("ValueType") == "CONTAINER" and name(container)[2] == "Measurement Group":
                for row in _joined(ds, container, f"1.{outer}.{inner}"):
                    yield row, container


def _joined(ds: Dataset, container: Dataset, path: str) -> Iterator[Group]:
    """Yield what the inner joins leave: every combination, none where one side is missing."""
    parts = itertools.product(
        _of(container, "UIDREF", "UID", TRACKING_UID),
        _of(container, "TEXT", "TextValue", TRACKING_IDENTIFIER),
        _codes(container, FINDING),
        _codes(container, SITE_SRT, SITE_SCT),
        _of(container, "UIDREF", "UID", SOURCE_SERIES),
        _segmentations(container),
    )
    for tracking_uid, identifier, finding, site, source, (segmentation, segment) in parts:
        yield Group(
            str(ds.SOPInstanceUID), path, tracking_uid, identifier, str(ds.PatientID),
            ds.get("SeriesDescription"), finding, site, source, segmentation, segment,
        )  # fmt: skip


def _of(container: Dataset, value_type: str, keyword: str, concept: tuple[str, str]) -> list[str]:
    return [
        str(item.get(keyword))
        for item in children(container)
        if item.get("ValueType") == value_type and name(item)[:2] == concept
    ]


def _codes(container: Dataset, *concepts: tuple[str, str]) -> list[Code]:
    found = []
    for item in children(container):
        value = code(item, "ConceptCodeSequence")
        if item.get("ValueType") == "CODE" and name(item)[:2] in concepts and value:
            found.append(value)
    return found


def _segmentations(container: Dataset) -> list[tuple[str, int | None]]:
    found = []
    for item in children(container):
        target = item.get("ReferencedSOPSequence")
        if item.get("ValueType") == "IMAGE" and target and target[0].ReferencedSOPClassUID == SEGMENTATION:
            number: Any = target[0].get("ReferencedSegmentNumber")
            numbers = number if isinstance(number, list) or hasattr(number, "append") else [number]
            found += [(str(target[0].ReferencedSOPInstanceUID), n and int(n)) for n in numbers]
    return found


def _first_child(item: Dataset, *concepts: tuple[str, str]) -> Code | None:
    below = children(item)
    return code(below[0], "ConceptCodeSequence") if below and name(below[0])[:2] in concepts else None


def _value(item: Dataset) -> float | None:
    measured = item.get("MeasuredValueSequence")
    return float(measured[0].NumericValue) if measured else None


def _unit(item: Dataset) -> Code | None:
    measured = item.get("MeasuredValueSequence")
    return code(measured[0], "MeasurementUnitsCodeSequence") if measured else None
