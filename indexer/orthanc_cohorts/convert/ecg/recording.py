"""A recorded ECG, whatever file it came from: strips of leads, annotations, and what its header says.

Knows neither files nor DICOM objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from orthanc_cohorts.convert.coding import Coding

Samples = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Filters:
    """What the signal went through, in Hz; None where the source says nothing.

    low_hz: of the high-pass filter, below which nothing passes; high_hz: of the low-pass filter.
    """

    low_hz: float | None = None
    high_hz: float | None = None
    notch_hz: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Lead:
    """One lead: whole numbers as digitised, and what they mean.

    label: as the source writes it. samples: shape (n,). microvolt: of one step, None where the source
    measures something else; unit: as it writes it. baseline: what the sample 0 stands for, microvolt.
    invalid: the number that stands for a sample that is missing, None where none is.
    code: of CID 3001, None where the source names no lead that is known. derivation: how it was computed from
    other leads, "" where it was recorded.
    """

    label: str
    code: Coding | None
    samples: Samples
    microvolt: float | None
    sampling_hz: float
    baseline: float = 0.0
    invalid: int | None = None
    filters: Filters = Filters()
    derivation: str = ""
    unit: str = "uV"


@dataclass(frozen=True, slots=True)
class Mark:
    """An annotation at a sample of a strip, or from it to another.

    sample, until: count from 0; until None: of this one sample. concept: of CID 3335, None where only text
    says what it is. lead: number within the strip, from 0; None: of all.
    """

    sample: int
    concept: Coding | None
    text: str = ""
    lead: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Strip:
    """Leads that were taken together.

    label: of the multiplex group, 16 characters. is_original: recorded, not computed from a recording.
    offset_ms: of its begin, from the begin of the recording.
    """

    label: str
    leads: tuple[Lead, ...]
    marks: tuple[Mark, ...] = ()
    is_original: bool = True
    offset_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the header is about; "" and None where it does not say.

    sex: M, F, O. age: value and UCUM unit. patient_name: as PN.
    """

    patient_id: str = ""
    patient_name: str = ""
    sex: str = ""
    birth_date: date | None = None
    age: tuple[Decimal, str] | None = None
    height_cm: Decimal | None = None
    weight_kg: Decimal | None = None
    systolic_mmhg: Decimal | None = None
    diastolic_mmhg: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """What took the ECG; "" where the header does not say."""

    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    software: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measurement that the source states of the whole ECG."""

    concept: Coding
    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A line of a clinical header. heading: of its part, name: "" where the line is text alone."""

    heading: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Recording:
    """An ECG.

    name: what tells it from others of the study. moment: when it began; a date where the time of day is not
    known, None where nothing is. interpretation: statements of whoever read it, or of the machine.
    remarks: what was odd in the source and did not keep it from being read.
    """

    name: str
    strips: tuple[Strip, ...]
    moment: datetime | date | None = None
    subject: Subject = Subject()
    device: Device = Device()
    measures: tuple[Measure, ...] = ()
    interpretation: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def leads(self) -> Iterator[Lead]:
        """All leads of all strips."""
        return (lead for strip in self.strips for lead in strip.leads)
