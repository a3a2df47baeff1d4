"""MUSE XML (`RestingECG`): leads in base64, measurements, diagnosis statements.

The format has no public definition; this is what its files agree on. Limb leads that a file leaves out, as
MUSE does, are computed from I and II without rounding.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from orthanc_cohorts.convert.ecg import codes, markup
from orthanc_cohorts.convert.ecg.intervals import measure
from orthanc_cohorts.convert.ecg.leads import lead_code
from orthanc_cohorts.convert.ecg.recording import Device, Filters, Lead, Measure, Recording, Strip, Subject
from orthanc_cohorts.convert.ecg.voltage import microvolt
from orthanc_cohorts.convert.problem import Problem, raise_any, shown

_MEASURES = {
    "VentricularRate": codes.VENTRICULAR_RATE, "AtrialRate": codes.ATRIAL_RATE, "PRInterval": codes.PR,
    "QRSDuration": codes.QRS, "QTInterval": codes.QT, "QTCorrected": codes.QTC, "PAxis": codes.P_AXIS,
    "RAxis": codes.QRS_AXIS, "TAxis": codes.T_AXIS, "QTcFrederica": codes.QTC_FRIDERICIA,
    "AvgRRInterval": codes.RR, "AverageRRInterval": codes.RR,
}  # fmt: skip
_SEXES = {"MALE": "M", "FEMALE": "F", "M": "M", "F": "F"}
_AGES = {"YEARS": "a", "MONTHS": "mo", "WEEKS": "wk", "DAYS": "d", "HOURS": "h", "": "a"}
_STRIPS = {"rhythm": ("RHYTHM", True), "median": ("MEDIAN BEAT", False)}
_DAY = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def read_muse(path: Path) -> Recording:
    """Return the ECG of a file.

    Raises ConversionError: it is no such XML, or a lead of it is damaged; every one is named.
    """
    root = markup.parsed(path)
    problems: list[Problem] = []
    strips = [
        _strip(
            one, *_STRIPS.get(markup.text(one, "WaveformType").lower(), ("RHYTHM", True)), path.name, problems
        )
        for one in root.findall("Waveform")
    ]
    if not strips:
        problems.append(Problem(path.name, "has no waveform"))
    raise_any(problems)
    test, person = root.find("TestDemographics"), root.find("PatientDemographics")
    return Recording(
        path.stem,
        tuple(sorted(strips, key=lambda strip: not strip.is_original)),
        _moment(markup.text(test, "AcquisitionDate"), markup.text(test, "AcquisitionTime")),
        _subject(person),
        Device(
            "GE Healthcare",
            markup.text(test, "AcquisitionDevice"),
            software=markup.text(test, "AcquisitionSoftwareVersion"),
        ),
        tuple(_measures(root)),
        tuple(_interpretation(root)),
    )


def _strip(waveform: Element, label: str, is_original: bool, source: str, problems: list[Problem]) -> Strip:
    try:
        hz = float(markup.text(waveform, "SampleBase")) * 10 ** float(
            markup.text(waveform, "SampleExponent") or 0
        )
    except (ValueError, OverflowError):
        hz = 0.0
    filters = Filters(
        _hundredths(markup.text(waveform, "HighPassFilter")),
        _hertz(markup.text(waveform, "LowPassFilter")),
        _hertz(markup.text(waveform, "ACFilter")),
    )
    leads = []
    for one in waveform.findall("LeadData"):
        lead = _lead(one, hz, filters, source, problems)
        leads += [] if lead is None else [lead]
    lengths = sorted({len(lead.samples) for lead in leads})
    if len(lengths) > 1:
        counts = ", ".join(map(str, lengths))
        problems.append(Problem(source, f"leads taken together have different numbers of samples: {counts}"))
        return Strip(label, (), is_original=is_original)
    return Strip(label, tuple(_with_limbs(leads)), is_original=is_original)


def _lead(one: Element, hz: float, filters: Filters, source: str, problems: list[Problem]) -> Lead | None:
    name = markup.text(one, "LeadID")
    where = f"lead {shown(name)}"
    size = markup.text(one, "LeadSampleSize") or "2"
    try:
        data = base64.b64decode("".join(markup.text(one, "WaveFormData").split()), validate=True)
        scale = float(markup.text(one, "LeadAmplitudeUnitsPerBit").replace(",", "."))
        if size not in ("2", "4"):
            raise ValueError(f"samples of {shown(size)} bytes")
        samples = np.frombuffer(data, f"<i{size}").astype(np.int32)
    except (ValueError, binascii.Error) as error:
        problems.append(Problem(source, f"{where} cannot be read: {error}"))
        return None
    stated = markup.text(one, "LeadSampleCountTotal")
    if stated and stated != str(len(samples)):
        problems.append(
            Problem(source, f"{where} says that it has {shown(stated)} samples, and has {len(samples)}")
        )
    unit = markup.text(one, "LeadAmplitudeUnits") or "MICROVOLTS"
    step = microvolt(unit)
    one_bit = None if step is None else scale * step
    return Lead(name, lead_code(name), samples, one_bit, hz, filters=filters, unit=unit)


def _with_limbs(leads: list[Lead]) -> list[Lead]:
    """Return the leads with III, aVR, aVL and aVF, computed of I and II where they are missing.

    Halves are kept by halving the step, so that nothing is rounded (Einthoven, Goldberger).
    """
    known = {lead.label.upper(): lead for lead in leads}
    one, two = known.get("I"), known.get("II")
    if one is None or two is None or one.microvolt is None or one.microvolt != two.microvolt:
        return leads
    first, second = one.samples.astype(np.int64), two.samples.astype(np.int64)
    limbs = []
    for name, samples, step in (
        ("III", second - first, one.microvolt),
        ("aVR", -(first + second), one.microvolt / 2),
        ("aVL", 2 * first - second, one.microvolt / 2),
        ("aVF", 2 * second - first, one.microvolt / 2),
    ):
        if name.upper() not in known and not one.baseline and not two.baseline:
            values, words = samples.astype(np.int32), "computed from leads I and II"
            limbs.append(
                Lead(
                    name,
                    lead_code(name),
                    values,
                    step,
                    one.sampling_hz,
                    filters=one.filters,
                    derivation=words,
                )
            )
    at = leads.index(two) + 1
    return [*leads[:at], *limbs, *leads[at:]]


def _hundredths(text: str) -> float | None:
    """Return the frequency of a high-pass filter, which files give in hundredths of a hertz."""
    value = _hertz(text)
    return None if value is None else value / 100


def _hertz(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value > 0 else None


def _moment(day: str, clock: str) -> datetime | date | None:
    """Return a moment of `MM-DD-YYYY` and `HH:MM:SS`, a date where the clock says nothing."""
    on, at = _DAY.fullmatch(day), _CLOCK.fullmatch(clock)
    if on is None:
        return None
    month, of_month, year = map(int, on.groups())
    try:
        if at is None:
            return date(year, month, of_month)
        hour, minute, second = (int(part or 0) for part in at.groups())
        return datetime(year, month, of_month, hour, minute, second)
    except ValueError:
        return None


def _subject(person: Element | None) -> Subject:
    name = "^".join(markup.text(person, tag) for tag in ("PatientLastName", "PatientFirstName")).strip("^")
    born = _moment(markup.text(person, "DateofBirth"), "")
    unit = _AGES.get(markup.text(person, "AgeUnits").upper())
    age = _decimal(markup.text(person, "PatientAge"))
    return Subject(
        markup.text(person, "PatientID"),
        name,
        _SEXES.get(markup.text(person, "Gender").upper(), ""),
        born if not isinstance(born, datetime) else born.date(),
        None if age is None or unit is None else (age, unit),
        _decimal(markup.text(person, "HeightCM")),
        _decimal(markup.text(person, "WeightKG")),
    )


def _measures(root: Element) -> Iterator[Measure]:
    """Yield the measurements as confirmed, those of the machine where nobody confirmed any."""
    of = root.find("RestingECGMeasurements")
    if of is None:
        of = root.find("OriginalRestingECGMeasurements")
    seen = set()
    for one in of if of is not None else ():
        concept = _MEASURES.get(one.tag)
        found = None if concept is None or concept in seen else measure(concept, markup.text(one))
        if found is not None:
            seen.add(concept)
            yield found


def _interpretation(root: Element) -> Iterator[str]:
    """Yield the diagnosis; a statement runs on until one whose flag ends the line."""
    of = root.find("Diagnosis")
    if of is None:
        of = root.find("OriginalDiagnosis")
    words: list[str] = []
    for one in of.findall("DiagnosisStatement") if of is not None else ():
        words += [markup.text(one, "StmtText")]
        if "ENDSLINE" in [markup.text(flag).upper() for flag in one.findall("StmtFlag")]:
            yield from _sentence(words)
            words = []
    yield from _sentence(words)


def _sentence(words: list[str]) -> Iterator[str]:
    if sentence := " ".join(word for word in words if word):
        yield sentence


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number > 0 else None
