"""ECG reports after TID 3700: global measurements (TID 3713), findings (TID 3717), patient (TID 3704).

Knows nothing of samples; it states what the plan says of the ECG. What breaks the templates is in the plan:
intervals in s, and rates whose unit is 1.
"""

from __future__ import annotations

from datetime import timedelta

from pydicom.dataset import Dataset

from orthanc_cohorts.convert.demo.header import uid
from orthanc_cohorts.convert.demo.plan import Ecg, Person
from orthanc_cohorts.convert.demo.sr import (
    Issue,
    coded,
    container,
    device_observer,
    document,
    language,
    moment,
    num,
    person_observer,
    report_header,
    text,
    trace,
)

SEXES = {"F": "female", "M": "male", "": "unknown sex"}
"""PatientSex to short names of codes (CID 7455)."""


def ecg_report(person: Person, ecg: Ecg, number: int, recording: Dataset | None) -> Dataset:
    """Return the report of that ECG.

    number: counts the ECGs of the person from 1. recording: the waveform, None where the archive lost it;
    the report refers to it all the same.
    """
    source = recording or report_header(person, f"ecg{number}", ecg.start, "Resting 12-lead ECG")
    waveform = uid("instance", uid("series", source.StudyInstanceUID, "ecg"), 1)
    root = container(
        "ECG report",
        *language(person.german),
        *(() if ecg.conduction is None else person_observer("Reader^Cardio")),
        *device_observer(ecg.device.model),
        container(
            "procedure description",
            moment("procedure time", ecg.start),
            trace("waveform", waveform),
            coded("lead system", "standard leads"),
            text("device type", ecg.device.manufacturer),
            template="3708",
        ),
        container("quantitative", _measurements(ecg)),
        _findings(ecg),
        _characteristics(person, ecg),
        rel=None,
        template="3700",
    )
    return document(
        person,
        root,
        source,
        Issue(
            series="ecg report",
            number=201,
            description="ECG report",
            written=ecg.start + timedelta(minutes=9),
            final=ecg.conduction is not None,
            verifier="Reader^Cardio" if ecg.conduction is not None else None,
        ),
        evidence=(recording,) if recording is not None else (),
    )


def _measurements(ecg: Ecg) -> Dataset:
    rr_ms = round(60000 / ecg.heart_rate)
    intervals = {"PR": ecg.pr_ms, "QRS": ecg.qrs_ms, "QT": ecg.qt_ms, "QTc": ecg.qtc_ms, "RR": rr_ms}
    items = [num("heart rate", ecg.heart_rate, ecg.rate_unit)]
    for name, value in intervals.items():
        if ecg.in_seconds:
            items.append(num(name, None if value is None else value / 1000, "s", "failure"))
        else:
            items.append(num(name, value, "ms", "failure"))
    return container("global measurements", *items, template="3713")


def _findings(ecg: Ecg) -> Dataset:
    findings = [coded("finding", ecg.rhythm)]
    if ecg.conduction is not None:
        findings.append(coded("finding", ecg.conduction))
    return container("qualitative", *findings)


def _characteristics(person: Person, ecg: Ecg) -> Dataset:
    """Age and sex are mandatory here, so that one which is not known is said to be unknown."""
    items = [
        num("age", person.age_at(ecg.start.date()), "a", "unknown"),
        coded("sex", SEXES[person.sex]),
    ]
    if ecg.rhythm == "paced rhythm":
        items.append(coded("pacemaker in situ", "dual chamber"))
    return container("characteristics", *items, template="3704")
