"""The report of a recorded ECG (PS3.16 TID 3700): what its header says, with the waveform that it is about.

States nothing that the source does not state; what a template demands and nobody knows is said to be unknown.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydicom.dataset import Dataset
from pydicom.uid import ComprehensiveSRStorage

from orthanc_cohorts.convert import content
from orthanc_cohorts.convert.coding import Coding, unit
from orthanc_cohorts.convert.document import device_observer, document, language
from orthanc_cohorts.convert.ecg import codes
from orthanc_cohorts.convert.ecg.clinical import ClinicalHeader, Quantity
from orthanc_cohorts.convert.ecg.diseases import diseases
from orthanc_cohorts.convert.ecg.history import HISTORY, INDICATIONS, History
from orthanc_cohorts.convert.ecg.recording import Measure, Recording
from orthanc_cohorts.convert.ecg.waveform import LEAD_SYSTEM, lead_system
from orthanc_cohorts.convert.header import Context, uid

_TITLE = Coding("LN", "11524-0", "ECG Report")
_CHARACTERISTICS = Coding("DCM", "121118", "Patient Characteristics")
_AGE = Coding("DCM", "121033", "Subject Age")
_SEX = Coding("DCM", "121032", "Subject Sex")
_SEXES = {
    "F": Coding("DCM", "F", "Female"),
    "M": Coding("DCM", "M", "Male"),
    "O": Coding("DCM", "121102", "Other sex"),
}
_UNKNOWN_SEX = Coding("DCM", "U", "Unknown sex")
_HEIGHT = Coding("LN", "8302-2", "Body height")
_WEIGHT = Coding("LN", "29463-7", "Body weight")
_SYSTOLIC = Coding("SCT", "271649006", "Systolic Blood Pressure")
_DIASTOLIC = Coding("SCT", "271650006", "Diastolic Blood Pressure")
_UNKNOWN = Coding("DCM", "114010", "Value unknown")
_DESCRIPTION = Coding("LN", "55111-9", "Current Procedure Descriptions")
_TIME = Coding("DCM", "122146", "Procedure DateTime")
_SOURCE = Coding("DCM", "121112", "Source of Measurement")
_DEVICE_TYPE = Coding("DCM", "122142", "Acquisition Device Type")
_EQUIPMENT = Coding("DCM", "121122", "Equipment Identification")
_QUANTITATIVE = Coding("DCM", "122144", "Quantitative Analysis")
_GLOBAL = Coding("DCM", "122158", "ECG Global Measurements")
_QUALITATIVE = Coding("DCM", "122145", "Qualitative Analysis")
_DEMANDED = (
    (codes.VENTRICULAR_RATE, "{H.B.}/min"),
    (codes.QT, "ms"),
    (codes.PR, "ms"),
    (codes.QRS, "ms"),
    (codes.RR, "ms"),
)
_CONVERTER = "orthanc-cohorts convert ecg"


def report(recording: Recording, waveform: Dataset, context: Context) -> Dataset:
    """Return the report of an ECG; waveform: the object that it refers to, with its SOPInstanceUID.

    recording.moment is known; the report is of that moment, since nobody says when it was written.
    """
    assert recording.moment is not None
    moment = recording.moment
    near = moment.date() if isinstance(moment, datetime) else moment
    told = History(ClinicalHeader(recording.statements), near)
    root = content.container(
        _TITLE,
        language(),
        *_observer(recording),
        *([content.container(INDICATIONS, *told.indications)] if told.indications else []),
        *([content.container(HISTORY, *told.items, template="3802")] if told.items else []),
        _characteristics(recording, told.pressure),
        _description(recording, waveform, moment),
        content.container(_QUANTITATIVE, *_measurements(recording.measures)),
        *_findings(recording.interpretation),
        rel=None,
        template="3700",
    )
    return document(context, ComprehensiveSRStorage, root, moment, evidence=[waveform])


def says_anything(recording: Recording) -> bool:
    """Return whether there is anything to report of an ECG beyond its samples."""
    subject = recording.subject
    characteristics = (subject.age, subject.height_cm, subject.weight_kg, subject.systolic_mmhg)
    return bool(
        recording.measures
        or recording.interpretation
        or recording.statements
        or any(one is not None for one in characteristics)
    )


def _observer(recording: Recording) -> list[Dataset]:
    """Return who observed: the device where the header names one, else what read the header."""
    device = recording.device
    name = " ".join(part for part in (device.manufacturer, device.model) if part) or _CONVERTER
    return device_observer(uid("device", device.manufacturer, device.model, device.serial), name)


def _characteristics(recording: Recording, pressure: Quantity | None) -> Dataset:
    """Return TID 3704; it demands age and sex, so that one which is not known is said to be unknown."""
    subject = recording.subject
    systolic, diastolic = subject.systolic_mmhg, subject.diastolic_mmhg
    if pressure is not None:
        systolic, diastolic = pressure.first, pressure.second
    age, age_unit = subject.age if subject.age is not None else (None, "a")
    items = [
        content.num(_AGE, age, unit(age_unit), qualifier=_UNKNOWN if age is None else None),
        content.code(_SEX, _SEXES.get(subject.sex, _UNKNOWN_SEX)),
    ]
    for name, value, ucum in (
        (_HEIGHT, subject.height_cm, "cm"),
        (_WEIGHT, subject.weight_kg, "kg"),
        (_SYSTOLIC, systolic, "mm[Hg]"),
        (_DIASTOLIC, diastolic, "mm[Hg]"),
    ):
        if value is not None:
            items.append(content.num(name, value, unit(ucum)))
    return content.container(_CHARACTERISTICS, *items, template="3704")


def _description(recording: Recording, waveform: Dataset, moment: datetime | date) -> Dataset:
    """Return TID 3708."""
    system, device = lead_system(recording), recording.device
    items = [
        content.datetime(_TIME, moment),
        content.reference("WAVEFORM", _SOURCE, waveform),
        *([] if system is None else [content.code(LEAD_SYSTEM, system)]),
        *([content.text(_DEVICE_TYPE, device.manufacturer)] if device.manufacturer else []),
    ]
    name = " ".join(part for part in (device.model, device.serial) if part)
    return content.container(
        _DESCRIPTION, *items, *([content.text(_EQUIPMENT, name)] if name else []), template="3708"
    )


def _measurements(measures: tuple[Measure, ...]) -> list[Dataset]:
    """Return TID 3713, nothing where nothing was measured; what it demands comes first."""
    if not measures:
        return []
    stated = {measure.concept: measure for measure in measures}
    items = [_demanded(concept, ucum, stated.pop(concept, None)) for concept, ucum in _DEMANDED]
    items += [content.num(one.concept, one.value, unit(one.unit)) for one in stated.values()]
    return [content.container(_GLOBAL, *items, template="3713")]


def _demanded(concept: Coding, ucum: str, measure: Measure | None) -> Dataset:
    value: Decimal | None = None if measure is None else measure.value
    return content.num(concept, value, unit(ucum), qualifier=_UNKNOWN if value is None else None)


def _findings(interpretation: tuple[str, ...]) -> list[Dataset]:
    """Return the qualitative analysis: every statement in its words, and as code where it names a finding."""
    items = []
    for statement in interpretation:
        coded = codes.SNOMED.get(statement)
        found = diseases(statement) if coded is None else [coded]
        items += [content.code(codes.FINDING, one) for one in found]
        items += [content.text(codes.FINDING, statement)] if coded is None else []
    return [content.container(_QUALITATIVE, *items)] if items else []
