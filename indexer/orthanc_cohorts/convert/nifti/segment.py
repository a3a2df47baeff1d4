"""Items of a Segment Sequence (PS3.3 C.8.20.4), made of a label map.

Knows codes; nothing of voxels.
"""

from __future__ import annotations

import highdicom as hd
from pydicom.dataset import Dataset

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.header import uid
from orthanc_cohorts.convert.nifti.labels import Segment


def description(number: int, segment: Segment, patient: tuple[str, str]) -> hd.seg.SegmentDescription:
    """Return a segment as highdicom takes it; what it does not take is added by `complete`.

    patient: issuer and id, so that a finding has one tracking UID in all segmentations of a patient.
    """
    colour = segment.recommended_display_rgb
    tracking = segment.tracking_id
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=segment.segment_label,
        segmented_property_category=_concept(segment.segmented_property_category),
        segmented_property_type=_concept(segment.segmented_property_type),
        # highdicom asks for family and version of an algorithm, which nobody may know: see `complete`.
        algorithm_type="MANUAL",
        tracking_id=tracking,
        tracking_uid=None
        if tracking is None
        else segment.tracking_uid or uid("tracking", *patient, tracking),
        anatomic_regions=None if segment.anatomic_region is None else [_concept(segment.anatomic_region)],
        display_color=None if colour is None else hd.color.CIELabColor.from_rgb(*colour),
    )


def complete(item: Dataset, segment: Segment) -> None:
    """Add algorithm, description and laterality to an item of the Segment Sequence."""
    add_algorithm(item, segment)
    if segment.segment_description is not None:
        item.SegmentDescription = segment.segment_description
    if segment.laterality is None:
        return
    side = segment.laterality.item
    if segment.anatomic_region is not None:
        item.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [side]
    else:
        item.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [side]


def add_algorithm(item: Dataset, segment: Segment) -> None:
    """Say how the segment was made."""
    item.SegmentAlgorithmType = segment.segment_algorithm_type
    if segment.segment_algorithm_name is not None:
        item.SegmentAlgorithmName = segment.segment_algorithm_name


def _concept(code: Coding) -> hd.sr.CodedConcept:
    return hd.sr.CodedConcept(value=code.code, scheme_designator=code.scheme, meaning=code.meaning)
