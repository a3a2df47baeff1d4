"""What an HL7 annotated ECG says beside the samples: subject, device, measurements, interpretation.

Knows these elements; nothing of sequences.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from xml.etree.ElementTree import Element

from orthanc_cohorts.convert.ecg import codes, markup
from orthanc_cohorts.convert.ecg.instants import instant
from orthanc_cohorts.convert.ecg.intervals import measure
from orthanc_cohorts.convert.ecg.recording import Device, Measure, Recording, Strip, Subject

_MEASURES = {
    "HEART_RATE": codes.VENTRICULAR_RATE, "VENT_RATE": codes.VENTRICULAR_RATE,
    "TIME_PD_PR": codes.PR, "TIME_PD_QRS": codes.QRS, "TIME_PD_QT": codes.QT, "TIME_PD_RR": codes.RR,
    "TIME_PD_PP": codes.PP, "TIME_PD_P": codes.P_DURATION, "TIME_PD_PWD": codes.P_DURATION,
    "TIME_PD_QTC": codes.QTC, "TIME_PD_QTCB": codes.QTC_BAZETT, "TIME_PD_QTCF": codes.QTC_FRIDERICIA,
    "ATRIAL_RATE": codes.ATRIAL_RATE,
    "ANGLE_P_FRONT": codes.P_AXIS, "ANGLE_QRS_FRONT": codes.QRS_AXIS, "ANGLE_T_FRONT": codes.T_AXIS,
}  # fmt: skip
"""Codes of annotations without `MDC_ECG_`, and without `_GL` where they have it."""
_SEXES = {"M": "M", "F": "F", "UN": "O"}
LEAD = "MDC_ECG_LEAD_"


def recording(
    name: str, strips: tuple[Strip, ...], begin: datetime | date | None, root: Element
) -> Recording:
    """Return the recording of strips and of what the document says; begin: of the first, None: as it says."""
    series = next(markup.below(root, "series"), None)
    stated = (instant(markup.attribute(one, "value", "effectiveTime", "low")) for one in (series, root))
    return Recording(
        name,
        strips,
        begin or next((one for one in stated if one is not None), None),
        _subject(root),
        _device(series),
        tuple(_measures(root)),
        tuple(_interpretation(root)),
    )


def annotations_of(parent: Element | None) -> Iterator[Element]:
    """Yield annotations of a series at any depth, but those of a series derived of it."""
    if parent is None:
        return
    for subject in parent.findall("subjectOf"):
        for of_set in subject.findall("annotationSet"):
            yield from markup.below(of_set, "annotation")


def _measures(root: Element) -> Iterator[Measure]:
    """Yield what is measured in the whole ECG; not what is measured in one lead."""
    seen = set()
    for series in markup.below(root, "series"):
        for annotation in annotations_of(series):
            concept = _MEASURES.get(_short(markup.attribute(annotation, "code", "code")))
            if concept is None or concept in seen or _is_of_lead(annotation):
                continue
            value = annotation.find("value")
            found = measure(concept, markup.attribute(value, "value"), markup.attribute(value, "unit"))
            if found is not None:
                seen.add(concept)
                yield found


def _short(name: str) -> str:
    return name.upper().removeprefix("MDC_ECG_").removesuffix("_GL")


def _is_of_lead(annotation: Element) -> bool:
    boundaries = markup.below(markup.child(annotation, "support"), "boundary")
    return any(markup.attribute(one, "code", "code").startswith(LEAD) for one in boundaries)


def _interpretation(root: Element) -> Iterator[str]:
    for annotation in markup.below(root, "annotation"):
        if "INTERPRETATION" in markup.attribute(annotation, "code", "code").upper():
            value = annotation.find("value")
            words = markup.text(value) or markup.attribute(value, "displayName")
            if words:
                yield words


def _subject(root: Element) -> Subject:
    who = next(markup.below(root, "trialSubject"), None)
    person = next(markup.below(who, "subjectDemographicPerson"), None)
    born = instant(markup.attribute(person, "value", "birthTime"))
    return Subject(
        markup.attribute(who, "extension", "id"),
        markup.text(person, "name"),
        _SEXES.get(markup.attribute(person, "code", "administrativeGenderCode"), ""),
        born.date() if isinstance(born, datetime) else born,
    )


def _device(series: Element | None) -> Device:
    author = markup.child(series, "author", "seriesAuthor")
    device = markup.child(author, "manufacturedSeriesDevice")
    return Device(
        markup.text(author, "manufacturerOrganization", "name"),
        markup.text(device, "manufacturerModelName"),
        markup.attribute(device, "extension", "id"),
        markup.text(device, "softwareName"),
    )
