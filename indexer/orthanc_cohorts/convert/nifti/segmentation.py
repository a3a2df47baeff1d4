"""A NIfTI label volume as a segmentation of an image series, written by highdicom (PS3.3 A.51, A.90).

Knows the object; nothing of files. Nothing in it is drawn at random or taken from the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from hashlib import sha256

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from orthanc_cohorts.convert.header import (
    UTF_8,
    Equipment,
    dicom_date,
    dicom_time,
    from_date,
    series_uid,
    uid,
)
from orthanc_cohorts.convert.nifti.grid import Grid
from orthanc_cohorts.convert.nifti.labels import LabelMap
from orthanc_cohorts.convert.nifti.masks import FRACTIONS, Masks, SegmentationType, masks
from orthanc_cohorts.convert.nifti.match import match
from orthanc_cohorts.convert.nifti.reference import Reference
from orthanc_cohorts.convert.nifti.segment import add_algorithm, complete, description
from orthanc_cohorts.convert.nifti.source import Source
from orthanc_cohorts.convert.outbox import Outbox, file_name
from orthanc_cohorts.convert.problem import Problem, attempt
from orthanc_cohorts.errors import ConversionError


@dataclass(frozen=True, slots=True)
class Plan:
    """What the segmentation is to be.

    key: what tells its series from others of the study. moment: when it was made; None: the date of the
    images stands for it. equipment: what converts.
    """

    key: str
    segmentation_type: SegmentationType = "BINARY"
    number: int = 1
    series_description: str = ""
    moment: datetime | date | None = None
    equipment: Equipment = field(default_factory=Equipment)


def put_segmentation(
    source: Source, label_map: LabelMap, reference: Reference, plan: Plan, outbox: Outbox
) -> tuple[Dataset, Masks]:
    """Put the segmentation of an image series into an outbox; return it, and what it was made of.

    Raises ConversionError: the volume lies on another grid than the series, a label is not in the map, or
    neither the images nor the plan state a date.
    """
    images = reference.images
    moment = plan.moment or _date(images[0])
    problems: list[object] = []
    grid = attempt(lambda: match(source, reference), problems)
    # Labels are checked on a grid that does not fit as well, so that all problems are told at once.
    here = grid or _as_it_is(source)
    found = attempt(lambda: masks(source, label_map, here, plan.segmentation_type), problems)
    if moment is None:
        what = "neither --time nor the images say when it was made, which a segmentation states (type 1)"
        problems.append(Problem(source.name, what))
    if found is None or moment is None or problems:
        raise ConversionError(*problems)
    ds = _segmentation(found, label_map, reference, plan, moment)
    # Patients share a folder, and files of theirs a name: the series tells them apart.
    series = str(ds.SeriesInstanceUID)
    path = f"{file_name(plan.key, sha256(series.encode()).hexdigest()[:8])}.dcm"
    return outbox.put(("nifti segmentation", series), path, ds), found


def _segmentation(
    found: Masks, label_map: LabelMap, reference: Reference, plan: Plan, moment: datetime | date
) -> Dataset:
    first = reference.images[0]
    series = series_uid(str(first.StudyInstanceUID), plan.key)
    patient = (str(first.get("IssuerOfPatientID") or ""), str(first.get("PatientID") or ""))
    described = {number: label_map.labels[label] for number, label in found.labels.items()}
    ds = hd.seg.Segmentation(
        source_images=[_as_source(image) for image in reference.images],
        pixel_array=_in_frames(found.array, reference.frames),
        segmentation_type=plan.segmentation_type,
        segment_descriptions=[description(number, one, patient) for number, one in described.items()],
        series_instance_uid=series,
        series_number=plan.number,
        sop_instance_uid=uid("not yet known"),
        instance_number=1,
        manufacturer=plan.equipment.manufacturer,
        manufacturer_model_name=plan.equipment.model,
        software_versions=plan.equipment.software,
        device_serial_number=plan.equipment.serial,
        max_fractional_value=FRACTIONS,
        content_label=label_map.content_label,
        content_description=label_map.content_description,
        content_creator_name=label_map.content_creator_name,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        series_description=plan.series_description or None,
    )
    for item in ds.SegmentSequence:
        if item.SegmentNumber:
            complete(item, described[int(item.SegmentNumber)])
        else:  # the background of a label map
            add_algorithm(item, next(iter(described.values())))
    _make_reproducible(ds, series, moment)
    return ds


def _in_frames(array: NDArray[np.generic], frames: tuple[int, ...]) -> NDArray[np.generic]:
    """Return slices, which are sorted by position, in the order of the frames of the images."""
    if frames == tuple(range(len(frames))):
        return array
    return array[np.argsort(frames)]


def _make_reproducible(ds: Dataset, series: str, moment: datetime | date) -> None:
    """Replace what highdicom draws at random or takes from the clock."""
    at = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    ds.ContentDate, ds.ContentTime = dicom_date(at), dicom_time(at)
    for keyword in ("InstanceCreationDate", "InstanceCreationTime"):
        if keyword in ds:
            delattr(ds, keyword)
    for equipment in ds.get("ContributingEquipmentSequence", []):
        if "ContributionDateTime" in equipment:
            equipment.ContributionDateTime = dicom_date(at) + dicom_time(at)
    organisation = uid("dimensions", series)
    for item in (*ds.DimensionOrganizationSequence, *ds.DimensionIndexSequence):
        item.DimensionOrganizationUID = organisation
    ds.SpecificCharacterSet = UTF_8


def _as_source(image: Dataset) -> Dataset:
    """Return an image as highdicom takes it: with every attribute that it copies, and in UTF-8."""
    ds = Dataset()
    for element in image:
        ds[element.tag] = element
    ds.SpecificCharacterSet = UTF_8
    ds.file_meta = image.file_meta
    for keyword in (
        "StudyID",
        "AccessionNumber",
        "PatientID",
        "PatientName",
        "PatientBirthDate",
        "PatientSex",
    ):
        if keyword not in ds:
            setattr(ds, keyword, "")
    for keyword in ("StudyDate", "StudyTime"):
        if keyword not in ds:
            setattr(ds, keyword, None)
    return ds


def _date(image: Dataset) -> datetime | date | None:
    """Return when the images were made, as far as they say so."""
    for kind in ("Content", "Acquisition", "Series", "Study"):
        found = from_date(image.get(f"{kind}Date"), image.get(f"{kind}Time"))
        if found is not None:
            return found
    return None


def _as_it_is(source: Source) -> Grid:
    shape = source.voxels.shape
    return Grid((0, 1, 2), (False, False, False), (shape[0], shape[1], shape[2]), source.affine)
