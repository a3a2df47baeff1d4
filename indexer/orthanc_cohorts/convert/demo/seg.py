"""Segmentations of the aortic valve and its calcium on the CT, written by highdicom (PS3.3 A.51).

Knows nothing of how the CT looks: the mask comes from the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from orthanc_cohorts.convert.demo.codes import code
from orthanc_cohorts.convert.demo.header import as_source, stamp, uid
from orthanc_cohorts.convert.demo.plan import COLUMNS, ROWS, CtScan, Person

VALVE, CALCIUM = 1, 2
"""Segment numbers; without calcium there is no second segment."""


def segmentation(person: Person, ct: CtScan, images: Sequence[Dataset]) -> Dataset:
    """Return the segmentation of the contrast series, whose slices are `images` in order."""
    masks = _masks(ct)
    descriptions = [_description(person, VALVE), _description(person, CALCIUM)][: masks.shape[-1]]
    ds = hd.seg.Segmentation(
        source_images=[as_source(image) for image in images],
        pixel_array=masks,
        segmentation_type="BINARY",
        segment_descriptions=descriptions,
        series_instance_uid=uid("series", images[0].StudyInstanceUID, "seg"),
        series_number=301,
        sop_instance_uid=uid("instance", images[0].StudyInstanceUID, "seg"),
        instance_number=1,
        manufacturer="Demo Imaging Lab",
        manufacturer_model_name="RootSeg",
        software_versions="1.3",
        device_serial_number="RS-1",
        content_description="Aortic valve and calcium",
        content_label="VALVE_CALCIUM",
        series_description="Aortic valve calcium SEG",
    )
    stamp(ds, ct.start + timedelta(hours=5))
    _replace_random_uids(ds)
    if person.character_set:
        ds.SpecificCharacterSet = list(person.character_set)
    return ds


def _masks(ct: CtScan) -> NDArray[np.uint8]:
    """Shape (slices, rows, columns, segments): valve plane and, where there is any, calcium."""
    row, column = np.ogrid[:ROWS, :COLUMNS]
    ring = round(ct.annulus_mm / ct.pixel_mm)
    disc = (2 * row - ROWS) ** 2 + (2 * column - COLUMNS) ** 2 <= ring**2
    voxels = ct.calcium_voxels()
    masks = np.zeros((ct.slices, ROWS, COLUMNS, 2 if voxels else 1), np.uint8)
    masks[ct.slices // 2, :, :, 0] = disc
    for at in voxels:
        masks[(*at, 1)] = 1
    return masks


def _description(person: Person, number: int) -> hd.seg.SegmentDescription:
    calcium = number == CALCIUM
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label="Aortic valve calcium" if calcium else "Aortic valve",
        segmented_property_category=(
            code("abnormal structure") if calcium else codes.SCT.AnatomicalStructure
        ),
        segmented_property_type=code("calcification" if calcium else "aortic valve"),
        algorithm_type="SEMIAUTOMATIC" if calcium else "MANUAL",
        algorithm_identification=hd.AlgorithmIdentificationSequence(
            name="RootSeg threshold", family=codes.DCM.ArtificialIntelligence, version="1.3"
        )
        if calcium
        else None,
        tracking_id=f"Patient {person.number} {'calcium' if calcium else 'valve'}",
        tracking_uid=uid("tracking", person.number, "calcium" if calcium else "valve"),
        anatomic_regions=[code("aortic valve")] if calcium else None,
    )


def _replace_random_uids(ds: Dataset) -> None:
    """Give the dimension organisation, which highdicom draws at random, a UID of the object's own."""
    organisation = uid("dimensions", ds.SOPInstanceUID)
    for item in ds.DimensionOrganizationSequence:
        item.DimensionOrganizationUID = organisation
    for item in ds.DimensionIndexSequence:
        item.DimensionOrganizationUID = organisation
