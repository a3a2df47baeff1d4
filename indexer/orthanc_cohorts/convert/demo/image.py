"""CT slices of the aortic root: 64 x 64 pixels of water, contrast and calcium (PS3.3 A.3).

Knows nothing of segmentations; those are made from the same plan, so that both agree voxel by voxel.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from orthanc_cohorts.convert.demo.header import (
    add_body,
    add_device,
    add_meta,
    add_series,
    stamp,
    study_header,
    uid,
)
from orthanc_cohorts.convert.demo.plan import COLUMNS, ROWS, CtScan, Person
from orthanc_cohorts.convert.header import dicom_date, dicom_time

FAT, MYOCARDIUM, CONTRAST, BLOOD, CALCIUM = -90, 60, 380, 45, 820
"""Attenuation, Hounsfield units."""


def contrast_series(person: Person, ct: CtScan) -> Iterator[Dataset]:
    """Yield the slices of the contrast series, from below upwards."""
    return _series(person, ct, native=False)


def native_series(person: Person, ct: CtScan) -> Iterator[Dataset]:
    """Yield the slices of the native series (calcium scoring): every other slice of twice the thickness."""
    return _series(person, ct, native=True)


def _series(person: Person, ct: CtScan, native: bool) -> Iterator[Dataset]:
    for instance, at in enumerate(ct.positions(native), 1):
        yield _slice(person, ct, at, instance, native)


def _slice(person: Person, ct: CtScan, at: int, instance: int, native: bool) -> Dataset:
    ds = study_header(person, "ct", ct.start, "CT Herz TAVI" if person.german else "CT heart TAVI planning")
    add_body(ds, person)
    description = "CaSc 3.0 nativ" if native else "CTA root diastole"
    add_series(
        ds, "CT", CTImageStorage, "native" if native else "cta", 2 if native else 3, instance, description
    )
    add_device(ds, ct.scanner, person.institution)
    moment = ct.start + timedelta(minutes=4 if native else 11, seconds=at)
    stamp(ds, moment)
    ds.SeriesDate = ds.AcquisitionDate = dicom_date(moment)
    ds.SeriesTime, ds.AcquisitionTime = dicom_time(moment - timedelta(seconds=at)), dicom_time(moment)
    if ct.offset:
        ds.TimezoneOffsetFromUTC = ct.offset
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    # The same organ in free text, as sites send it: the code beside it is what can be compared.
    ds.BodyPartExamined = "HERZ" if person.german else "HEART"
    ds.PatientPosition = "HFS"
    _add_acquisition(ds, ct, native)
    _add_geometry(ds, ct, at, native)
    _add_pixels(ds, _hounsfield(ct, at, native))
    add_meta(ds)
    return ds


def _add_acquisition(ds: Dataset, ct: CtScan, native: bool) -> None:
    ds.ScanOptions = "ECG GATED"
    ds.KVP = str(120 if native else ct.kvp)
    ds.ExposureTime, ds.XRayTubeCurrent, ds.Exposure = "250", "480", "120"
    ds.ConvolutionKernel = ct.kernel
    if not native:
        ds.ContrastBolusAgent, ds.ContrastBolusRoute = "Iomeron 400", "INTRAVENOUS"
    ds.AcquisitionNumber = 1 if native else 2


def _add_geometry(ds: Dataset, ct: CtScan, at: int, native: bool) -> None:
    ds.SliceThickness = f"{ct.slice_mm(at, native):g}"
    ds.FrameOfReferenceUID = uid("frame of reference", ds.StudyInstanceUID)
    ds.PositionReferenceIndicator = ""
    ds.ImagePositionPatient = ["-20", "-180", f"{-420 + at * ct.thickness_mm:.3f}"]
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.PixelSpacing = [f"{ct.pixel_mm:g}", f"{ct.pixel_mm:g}"]


def _hounsfield(ct: CtScan, at: int, native: bool) -> NDArray[np.int16]:
    """The slice at that position: shape (rows, columns), Hounsfield units."""
    row, column = np.ogrid[:ROWS, :COLUMNS]
    # Doubled coordinates keep the circles in whole numbers, so that every machine draws the same.
    far = (2 * row - ROWS) ** 2 + (2 * column - COLUMNS) ** 2
    ring = round(ct.annulus_mm / ct.pixel_mm)
    pixels = np.full((ROWS, COLUMNS), FAT, np.int16)
    pixels[far <= (ring + 14) ** 2] = MYOCARDIUM
    pixels[far <= ring**2] = BLOOD if native else CONTRAST
    for slice_, r, c in ct.calcium_voxels():
        if slice_ == at:
            pixels[r, c] = CALCIUM
    grain = np.random.PCG64(int(uid("grain", ct.start, at, native)[5:]) % 2**63).random_raw(ROWS * COLUMNS)
    noise: NDArray[np.int16] = (grain % 31).astype(np.int16).reshape(ROWS, COLUMNS) - 15
    return pixels + noise


def _add_pixels(ds: Dataset, hounsfield: NDArray[np.int16]) -> None:
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = ROWS, COLUMNS
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "-1024", "1", "HU"
    ds.WindowCenter, ds.WindowWidth = "200", "800"
    ds.add_new("PixelData", "OW", (hounsfield + 1024).astype("<u2").tobytes())
