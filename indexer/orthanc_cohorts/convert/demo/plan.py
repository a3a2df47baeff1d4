"""What one patient of the demo has: person, CT, segmentation, reports, ECGs and history, as plain values.

Knows nothing of DICOM; `study` draws it, the writers turn it into objects, `expected` counts in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

ROWS = COLUMNS = 64
"""Pixels of a CT slice; it shows the aortic root only."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who the patient is, and how the site writes it.

    patient_id may be empty: then the person has a single study.
    size_text: PatientSize as sent; it may be in the wrong unit where size_m is None.
    sex: M, F or "" (not known). sends_birth_date, sends_age: whether objects state it.
    character_set: values of SpecificCharacterSet, empty for none.
    """

    number: int
    patient_id: str
    name: str
    character_set: tuple[str, ...]
    sex: str
    birth_date: date
    sends_birth_date: bool
    sends_age: bool
    size_m: float | None
    size_text: str
    weight_kg: float | None
    institution: str
    german: bool

    def age_at(self, day: date) -> int | None:
        """Return whole years at that day, None where the site sends neither age nor birth date."""
        if not (self.sends_birth_date or self.sends_age):
            return None
        before = (day.month, day.day) < (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - before


class Device(NamedTuple):
    """A machine: Manufacturer, ManufacturerModelName, DeviceSerialNumber, SoftwareVersions."""

    manufacturer: str
    model: str
    serial: str
    software: str


class Blob(NamedTuple):
    """One ball of calcium in voxels; a slice away from the centre its radius is one voxel smaller."""

    slice: int
    row: int
    column: int
    radius: int


@dataclass(frozen=True, slots=True)
class CtScan:
    """A contrast CT of the aortic root before the intervention, sometimes with a native series."""

    start: datetime
    scanner: Device
    slices: int
    pixel_mm: float
    thickness_mm: float
    kvp: int
    kernel: str
    native: bool
    uneven: bool
    annulus_mm: float
    blobs: tuple[Blob, ...]
    offset: str

    def calcium_voxels(self) -> frozenset[tuple[int, int, int]]:
        """Return (slice, row, column) of every calcified voxel, from 0."""
        voxels = set()
        for blob in self.blobs:
            for at in range(max(0, blob.slice - 1), min(self.slices, blob.slice + 2)):
                radius = blob.radius - abs(at - blob.slice)
                for row in range(blob.row - radius, blob.row + radius + 1):
                    for column in range(blob.column - radius, blob.column + radius + 1):
                        near = (row - blob.row) ** 2 + (column - blob.column) ** 2 <= radius * radius
                        if near and 0 <= row < ROWS and 0 <= column < COLUMNS:
                            voxels.add((at, row, column))
        return frozenset(voxels)

    def series(self) -> tuple[bool, ...]:
        """Return one truth value per series: whether it is the native one."""
        return (True, False) if self.native else (False,)

    def positions(self, native: bool) -> range:
        """Return the positions, from 0, at which that series has a slice; a native one has every other."""
        return range(0, self.slices, 2 if native else 1)

    def slice_mm(self, at: int, native: bool) -> float:
        """Return the thickness of a slice, mm; the last one of an uneven scan is twice as thick."""
        doubled = native + (self.uneven and at == self.slices - 1)
        return self.thickness_mm * (1 << doubled)

    @property
    def calcium_mm3(self) -> float:
        """Calcified volume, mm3, to one decimal."""
        return round(len(self.calcium_voxels()) * self.pixel_mm**2 * self.thickness_mm, 1)


@dataclass(frozen=True, slots=True)
class Measures:
    """One TID 1500 report on the CT; lengths here in mm whatever the report writes.

    area_mm2, volume_mm3: None where the report says that it could not be measured.
    replaces: position of the earlier report that this one supersedes.
    copy_of: position of the report that this one repeats under other UIDs.
    """

    written: datetime
    diameter_mm: float
    largest_mm: float
    area_mm2: float | None
    volume_mm3: float | None
    severity: str | None
    in_cm: bool
    legacy_codes: bool
    states_template: bool
    final: bool
    replaces: int | None = None
    copy_of: int | None = None


@dataclass(frozen=True, slots=True)
class Ecg:
    """A resting 12-lead ECG and its report; intervals in ms, None where not measurable.

    in_seconds: the report writes intervals in s. rate_unit: UCUM of the heart rate as sent.
    recorded: the waveform is in the archive; reported: the report is.
    """

    start: datetime
    device: Device
    seconds: int
    implicit: bool
    heart_rate: int
    pr_ms: int | None
    qrs_ms: int
    qt_ms: int
    qtc_ms: int | None
    rhythm: str
    conduction: str | None
    in_seconds: bool
    rate_unit: str
    recorded: bool
    reported: bool


@dataclass(frozen=True, slots=True)
class History:
    """Patient history at discharge (TID 3802): problems, surgery, devices, laboratory, smoking.

    creatinine, hemoglobin: (number, UCUM) as sent; None where the laboratory had no result.
    """

    written: datetime
    problems: tuple[str, ...]
    pacemaker: bool
    creatinine: tuple[float, str] | None
    hemoglobin: tuple[float, str] | None
    nt_probnp_ng_l: int | None
    smoking: str | None
    systolic_mmhg: int | None
    remark: str | None


@dataclass(frozen=True, slots=True)
class PatientPlan:
    """Everything that the archive holds of one patient."""

    person: Person
    ct: CtScan | None
    segmented: bool
    measures: tuple[Measures, ...]
    ecgs: tuple[Ecg, ...]
    history: History | None
