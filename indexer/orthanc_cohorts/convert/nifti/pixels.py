"""Pixel attributes of images of 16 bits, and what their values mean (PS3.3 C.7.6.3, C.7.6.16.2.11, C.11.1).

Knows nothing of geometry.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from pydicom.dataset import Dataset

from orthanc_cohorts.convert.coding import unit
from orthanc_cohorts.convert.nifti.stored import Stored, decimal

_UNITS = {"HU": "[hnsf'U]"}
"""Units of UCUM; whatever is not specified has none."""


def add_pixels(ds: Dataset, stored: Stored, rows: int, columns: int, data: bytes | NDArray[Any]) -> None:
    """Add Pixel Data and its description; data: little endian, 16 bits, row by row."""
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = rows, columns
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.PixelRepresentation = int(stored.is_signed)
    ds.add_new("PixelData", "OW", data if isinstance(data, bytes) else data.tobytes())


def add_rescale(ds: Dataset, stored: Stored, rescale_type: str) -> None:
    """Add slope and intercept as DS holds them."""
    ds.RescaleIntercept, ds.RescaleSlope = decimal(stored.intercept), decimal(stored.slope)
    ds.RescaleType = rescale_type


def add_exact(ds: Dataset, stored: Stored, rescale_type: str) -> None:
    """Add slope and intercept as floats of 64 bits where DS rounds them: Real World Value Mapping."""
    if stored.is_decimal:
        return
    mapping = Dataset()
    kind = "SS" if stored.is_signed else "US"
    mapping.add_new("RealWorldValueFirstValueMapped", kind, stored.low)
    mapping.add_new("RealWorldValueLastValueMapped", kind, stored.high)
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = stored.slope, stored.intercept
    mapping.LUTExplanation, mapping.LUTLabel = "Slope and intercept in full precision", "EXACT"
    mapping.MeasurementUnitsCodeSequence = [unit(_UNITS.get(rescale_type, "1")).item]
    ds.RealWorldValueMappingSequence = [mapping]
