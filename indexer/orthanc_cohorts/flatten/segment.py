"""`segment` rows of a segmentation (PS3.3 C.8.20.2 and C.8.20.4).

Pure.
"""

from __future__ import annotations

from collections import Counter

from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.tree import DataSet
from orthanc_cohorts.flatten.codes import NO_CODE, CodeReader
from orthanc_cohorts.model.rows import Row

SEGMENT_SEQUENCE = 0x00620002
_REGION = 0x00082218


def segment_rows(ds: DataSet, decoder: Decoder, codes: CodeReader) -> list[Row]:
    """Return one row per item of SegmentSequence, in order.

    number_of_frames is None where the frames name no segment (label maps carry it in their pixels).
    """
    segmentation_type = values.word(ds, 0x00620001)
    frames = _frames(ds)
    rows: list[Row] = []
    for segment in values.items(ds, SEGMENT_SEQUENCE):
        number = values.integer(segment, 0x00620004, b"US")
        region_owner = segment if _REGION in segment else ds
        rows.append(
            (
                number,
                values.text(segment, 0x00620005, decoder),
                *codes.first(segment, 0x00620003),
                *codes.first(segment, 0x0062000F),
                *codes.first(region_owner, _REGION),
                *_modifier(segment, region_owner, codes),
                values.word(segment, 0x00620008),
                values.text(segment, 0x00620009, decoder),
                values.text(segment, 0x00620020, decoder),
                values.word(segment, 0x00620021),
                segmentation_type,
                frames.get(number) if frames else None,
            )
        )
    return rows


def _modifier(segment: DataSet, region_owner: DataSet, codes: CodeReader) -> tuple[str | None, ...]:
    for owner, tag in (
        (values.first_item(segment, 0x0062000F), 0x00620011),
        (values.first_item(region_owner, _REGION), 0x00082220),
    ):
        code = codes.first(owner, tag)
        if code is not NO_CODE:
            return code
    return NO_CODE


def _frames(ds: DataSet) -> Counter[int | None]:
    """Return how many frames name each segment number."""
    shared = values.first_item(values.first_item(ds, 0x52009229), 0x0062000A)
    counted: Counter[int | None] = Counter()
    for frame in values.items(ds, 0x52009230):
        identification = values.first_item(frame, 0x0062000A) or shared
        number = values.integer(identification, 0x0062000B, b"US")
        if number is not None:
            counted[number] += 1
    return counted
