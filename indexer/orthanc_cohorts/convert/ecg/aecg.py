"""HL7 annotated ECGs (HL7 v3 Annotated ECG, implementation guide of 21 March 2005).

Knows this XML only; the sequences of one set are a strip.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from orthanc_cohorts.convert.ecg import aecg_header, markup
from orthanc_cohorts.convert.ecg.aecg_header import LEAD, annotations_of
from orthanc_cohorts.convert.ecg.instants import instant
from orthanc_cohorts.convert.ecg.leads import lead_code
from orthanc_cohorts.convert.ecg.marks import wave
from orthanc_cohorts.convert.ecg.recording import (
    Filters,
    Lead,
    Mark,
    Recording,
    Samples,
    Strip,
)
from orthanc_cohorts.convert.ecg.voltage import microvolt
from orthanc_cohorts.convert.problem import Problem, raise_any, shown

_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}


def read_aecg(path: Path) -> Recording:
    """Return the ECG of a file.

    Raises ConversionError: it is no such XML, or a sequence of it is damaged; every one is named.
    """
    root = markup.parsed(path)
    problems: list[Problem] = []
    series = [one for part in root.findall("component") for one in part.findall("series")]
    strips: list[Strip] = []
    begins: list[datetime | date] = []
    for one in series:
        for parent in (one, *markup.below(one, "derivedSeries")):
            for of_set in (
                found for part in parent.findall("component") for found in part.findall("sequenceSet")
            ):
                strip, begin = _strip(of_set, _filters(one), parent is one, path.name, problems)
                begins += [] if begin is None else [begin]
                strips.append(_marked(strip, parent, begin))
    if not strips:
        problems.append(Problem(path.name, "has no sequences of samples"))
    raise_any(problems)
    return aecg_header.recording(path.stem, _placed(strips, begins), next(iter(begins), None), root)


def _strip(
    of_set: Element, filters: Filters, is_original: bool, source: str, problems: list[Problem]
) -> tuple[Strip, datetime | date | None]:
    """Return the leads of a set, and when the first sample was taken."""
    hz, begin, leads = 0.0, None, []
    sequences = [one for part in of_set.findall("component") for one in part.findall("sequence")]
    for one in sequences:
        if markup.attribute(one, "code", "code").startswith("TIME_"):
            hz = _rate(one)
            begin = instant(markup.attribute(one, "value", "value", "head"))
    if not hz:
        problems.append(Problem(source, "a set of sequences does not say at which rate it was sampled"))
    for one in sequences:
        name = markup.attribute(one, "code", "code")
        if name.startswith("TIME_"):
            continue
        lead = _lead(one, name, hz, filters, source, problems)
        leads += [] if lead is None else [lead]
    lengths = sorted({len(lead.samples) for lead in leads})
    if len(lengths) > 1:
        counts = ", ".join(map(str, lengths))
        problems.append(Problem(source, f"the leads of one set have different numbers of samples: {counts}"))
    label = "RHYTHM" if is_original else "MEDIAN BEAT"
    return Strip(label, tuple(leads), is_original=is_original), begin


def _rate(time: Element) -> float:
    step = markup.attribute(time, "value", "value", "increment")
    unit = markup.attribute(time, "unit", "value", "increment")
    try:
        seconds = float(step) * _SECONDS.get(unit, 0.0)
    except ValueError:
        return 0.0
    # 0.002 s is 500 Hz, not 499.99999999999994.
    return float(f"{1 / seconds:.9g}") if seconds > 0 else 0.0


def _lead(
    sequence: Element, name: str, hz: float, filters: Filters, source: str, problems: list[Problem]
) -> Lead | None:
    """Return a lead (SLIST_PQ: what is measured is origin + scale * digit)."""
    where = f"lead {shown(name.removeprefix(LEAD))}"
    value = sequence.find("value")
    numbers = []
    for part in ("scale", "origin"):
        try:
            numbers.append(float(markup.attribute(value, "value", part) or ("" if part == "scale" else "0")))
        except ValueError:
            problems.append(Problem(source, f"{where}: {part} is no number"))
            return None
    samples = _digits(markup.text(value, "digits"), where, source, problems)
    if samples is None:
        return None
    unit = markup.attribute(value, "unit", "scale")
    scale, origin = microvolt(unit), microvolt(markup.attribute(value, "unit", "origin") or unit)
    return Lead(
        name.removeprefix(LEAD),
        lead_code(name),
        samples,
        None if scale is None or origin is None else numbers[0] * scale,
        hz,
        0.0 if origin is None else numbers[1] * origin,
        filters=filters,
        unit=unit,
    )


def _digits(words: str, where: str, source: str, problems: list[Problem]) -> Samples | None:
    try:
        # One after the other: numpy would turn a number that is too large around.
        return np.array([int(word) for word in words.split()], np.int32)
    except (ValueError, OverflowError):
        wrong = next((word for word in words.split() if not word.lstrip("+-").isdigit()), None)
        what = "a digit takes more than 32 bits" if wrong is None else f"{shown(wrong)} is no whole number"
        problems.append(Problem(source, f"{where}: {what}"))
        return None


def _filters(series: Element) -> Filters:
    """Return the filters of a series; a low-pass filter lets pass what is below its frequency."""
    found: dict[str, float] = {}
    for variable in markup.below(series, "controlVariable"):
        name = markup.attribute(variable, "code", "code")
        for ending, field in (("LOW_PASS", "high_hz"), ("HIGH_PASS", "low_hz"), ("NOTCH", "notch_hz")):
            if not name.endswith(f"FILTER_{ending}"):
                continue
            for value in markup.below(variable, "value"):
                number = _decimal(value.get("value", ""))
                if value.get("unit") == "Hz" and number is not None:
                    found.setdefault(field, float(number))
    return Filters(**found)


def _marked(strip: Strip, series: Element, begin: datetime | date | None) -> Strip:
    """Return a strip with the waves that are annotated in absolute or relative time."""
    if not strip.leads:
        return strip
    marks = []
    hz, length = strip.leads[0].sampling_hz, len(strip.leads[0].samples)
    names = {lead.label: number for number, lead in enumerate(strip.leads)}
    for annotation in annotations_of(series):
        concept = wave(markup.attribute(annotation, "code", "value"))
        if concept is None:
            continue
        for boundary in markup.below(markup.child(annotation, "support"), "boundary"):
            ends = [_seconds(markup.child(boundary, "value", end), begin) for end in ("low", "high")]
            if ends[0] is None:
                continue
            first, last = (None if end is None else round(end * hz) for end in ends)
            if first is not None and 0 <= first < length:
                until = last if last is not None and first < last < length else None
                marks.append(Mark(first, concept, lead=_lead_of(annotation, names), until=until))
    return Strip(strip.label, strip.leads, tuple(marks), strip.is_original, strip.offset_ms)


def _seconds(end: Element | None, begin: datetime | date | None) -> float | None:
    """Return the seconds from the begin of a strip to a time stamp or quantity of time."""
    value, unit = markup.attribute(end, "value"), markup.attribute(end, "unit")
    number = _decimal(value)
    if unit in _SECONDS and number is not None:
        return float(number) * _SECONDS[unit]
    at = instant(value)
    if isinstance(at, datetime) and isinstance(begin, datetime):
        return (at - begin).total_seconds()
    return None


def _lead_of(annotation: Element, names: dict[str, int]) -> int | None:
    for boundary in markup.below(markup.child(annotation, "support"), "boundary"):
        name = markup.attribute(boundary, "code", "code").removeprefix(LEAD)
        if name in names:
            return names[name]
    return None


def _placed(strips: list[Strip], begins: list[datetime | date]) -> tuple[Strip, ...]:
    """Return the strips, each offset to the begin of the first."""
    moments = [one for one in begins if isinstance(one, datetime)]
    if len(moments) != len(strips):
        return tuple(strips)
    return tuple(
        Strip(
            one.label,
            one.leads,
            one.marks,
            one.is_original,
            (at - moments[0]).total_seconds() * 1000,
        )
        for one, at in zip(strips, moments, strict=True)
    )


def _decimal(value: str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
