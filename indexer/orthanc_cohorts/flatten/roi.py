"""`roi` rows: structures of an RT Structure Set and groups of microscopy annotations (PS3.3 C.8.8.5, C.37.1).

Pure; coordinates are counted, not kept.
"""

from __future__ import annotations

from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.tree import DataSet
from orthanc_cohorts.flatten.codes import CodeReader
from orthanc_cohorts.model.rows import Row

STRUCTURE_SEQUENCE = 0x30060020
GROUP_SEQUENCE = 0x006A0002
_CONTOURS = 0x30060039
_OBSERVATIONS = 0x30060080


def roi_rows(ds: DataSet, decoder: Decoder, codes: CodeReader) -> list[Row]:
    """Return a row per structure and per annotation group, in order; of a structure all observations count.

    A structure without contours has contour_count 0; of annotation groups the number of annotations counts.
    """
    return [*_structures(ds, decoder, codes), *_groups(ds, decoder, codes)]


def _structures(ds: DataSet, decoder: Decoder, codes: CodeReader) -> list[Row]:
    contours = {values.integer(c, 0x30060084): c for c in values.items(ds, _CONTOURS)}
    observations: dict[int | None, DataSet] = {}
    for observation in values.items(ds, _OBSERVATIONS):
        observations.setdefault(values.integer(observation, 0x30060084), observation)
    rows: list[Row] = []
    for structure in values.items(ds, STRUCTURE_SEQUENCE):
        number = values.integer(structure, 0x30060022)
        drawn = values.items(contours.get(number, {}), 0x30060040)
        seen = observations.get(number, {})
        points = [values.integer(contour, 0x30060046) or 0 for contour in drawn]
        types = sorted({values.word(contour, 0x30060042) or "" for contour in drawn} - {""})
        rows.append(
            (
                number,
                "structure",
                values.text(structure, 0x30060026, decoder),
                values.text(structure, 0x30060028, decoder),
                values.word(structure, 0x30060024),
                values.word(structure, 0x30060036),
                values.number(structure, 0x3006002C),
                values.word(seen, 0x300600A4),
                values.text(seen, 0x30060085, decoder),
                *codes.first(seen, 0x30060086),
                *codes.first(structure, 0x0062000F),
                len(drawn),
                sum(points),
                types or None,
            )
        )
    return rows


def _groups(ds: DataSet, decoder: Decoder, codes: CodeReader) -> list[Row]:
    rows: list[Row] = []
    for group in values.items(ds, GROUP_SEQUENCE):
        kind = values.word(group, 0x00700023)
        rows.append(
            (
                values.integer(group, 0x0040A180, b"US"),
                "annotation_group",
                values.text(group, 0x006A0005, decoder),
                values.text(group, 0x006A0006, decoder),
                values.word(ds, 0x00200052),
                values.word(group, 0x006A0007),
                None,
                None,
                None,
                *codes.first(group, 0x006A000A),
                *codes.first(group, 0x006A0009),
                values.integer(group, 0x006A000C, b"UL"),
                None,
                [kind] if kind else None,
            )
        )
    return rows
