"""Structured reports by highdicom: content items by short names, and the document around them.

Knows nothing of what is reported. highdicom has no templates 3700 and 3802, so those are built item by item.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import highdicom as hd
from highdicom.sr import ContentSequence, RelationshipTypeValues
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ComprehensiveSRStorage, TwelveLeadECGWaveformStorage

from orthanc_cohorts.convert.demo.codes import code, make_german, unit
from orthanc_cohorts.convert.demo.header import (
    add_meta,
    add_series,
    as_source,
    stamp,
    study_header,
    uid,
)
from orthanc_cohorts.convert.demo.plan import Person
from orthanc_cohorts.convert.header import dicom_date, dicom_time

CONTAINS = RelationshipTypeValues.CONTAINS
HAS_CONCEPT_MOD = RelationshipTypeValues.HAS_CONCEPT_MOD
HAS_OBS_CONTEXT = RelationshipTypeValues.HAS_OBS_CONTEXT


def _within(item: Dataset, children: Iterable[Dataset]) -> Dataset:
    children = list(children)
    if children:
        item.ContentSequence = ContentSequence(children)
    return item


def container(
    name: str, *children: Dataset, rel: RelationshipTypeValues | None = CONTAINS, template: str | None = None
) -> Dataset:
    """Return a container; rel None makes it a root."""
    item = hd.sr.ContainerContentItem(code(name), relationship_type=rel, template_id=template)
    item.ContentSequence = ContentSequence(children)
    return item


def coded(name: str, value: str, *children: Dataset, rel: RelationshipTypeValues = CONTAINS) -> Dataset:
    """Return a CODE item; name and value are short names of `codes`."""
    return _within(hd.sr.CodeContentItem(code(name), code(value), rel), children)


def num(name: str, value: float | None, ucum: str, reason: str = "not attempted") -> Dataset:
    """Return a NUM item; without a value its MeasuredValueSequence is empty and `reason` qualifies it."""
    item = hd.sr.NumContentItem(
        code(name), 0 if value is None else value, unit(ucum), relationship_type=CONTAINS
    )
    if value is None:
        make_missing(item, reason)
    else:
        # highdicom 0.28 would write 64 as 64.0; devices do not.
        item.MeasuredValueSequence[0].NumericValue = str(value)
    return item


def make_missing(item: Dataset, reason: str) -> None:
    """Take the value from a NUM item and say why instead (PS3.3 C.18.1, CID 42)."""
    item.MeasuredValueSequence = []
    item.NumericValueQualifierCodeSequence = [code(reason)]


def text(name: str, value: str) -> Dataset:
    """Return a TEXT item."""
    return hd.sr.TextContentItem(code(name), value, CONTAINS)


def moment(name: str, value: datetime, rel: RelationshipTypeValues = CONTAINS) -> Dataset:
    """Return a DATETIME item."""
    return hd.sr.DateTimeContentItem(code(name), dicom_date(value) + dicom_time(value), rel)


def trace(name: str, sop_instance_uid: str) -> Dataset:
    """Return a WAVEFORM item that refers to all channels of an ECG."""
    channels = [(1, 0)]
    return hd.sr.WaveformContentItem(
        code(name), TwelveLeadECGWaveformStorage, sop_instance_uid, channels, CONTAINS
    )


def language(german: bool) -> hd.sr.LanguageOfContentItemAndDescendants:
    """Return the language of the report (TID 1204), a sequence of one item."""
    tag, meaning = ("de-DE", "German (Germany)") if german else ("en-US", "English (United States)")
    return hd.sr.LanguageOfContentItemAndDescendants(hd.sr.CodedConcept(tag, "RFC5646", meaning))


def person_observer(name: str) -> hd.sr.ObserverContext:
    """Return the items that name the person who observed (TID 1003)."""
    who = hd.sr.PersonObserverIdentifyingAttributes(name, organization_name="Demo clinic")
    return hd.sr.ObserverContext(codes.DCM.Person, who)


def device_observer(name: str) -> hd.sr.ObserverContext:
    """Return the items that name the device that observed (TID 1004)."""
    which = hd.sr.DeviceObserverIdentifyingAttributes(uid("device", name), name=name)
    return hd.sr.ObserverContext(codes.DCM.Device, which)


def report_header(person: Person, study: str, start: datetime, description: str) -> Dataset:
    """Return a stand-in from which `document` takes patient and study where nothing else is referenced."""
    ds = study_header(person, study, start, description)
    add_series(ds, "SR", ComprehensiveSRStorage, "none", 1, 1, "")
    add_meta(ds)
    return ds


@dataclass(frozen=True, slots=True)
class Issue:
    """How a report is issued.

    series: name of the report's series within the study; number, description: those of the series.
    final: complete, else partial and preliminary. verifier: who signed it, None for nobody.
    """

    series: str
    number: int
    description: str
    written: datetime
    final: bool
    verifier: str | None = None


WRITER = {
    "manufacturer": "Demo Imaging Lab",
    "manufacturer_model_name": "ReportWriter",
    "software_versions": "2.0",
    "device_serial_number": "RW-1",
}


def document(
    person: Person,
    root: Dataset,
    source: Dataset,
    issue: Issue,
    evidence: Sequence[Dataset] = (),
    replaces: Sequence[Dataset] = (),
    make: type[Dataset] = hd.sr.ComprehensiveSR,
) -> Dataset:
    """Return the report around that root.

    source: any object or header of the study. evidence: the objects it refers to. replaces: earlier reports.
    make: highdicom's class of the report.
    """
    # highdicom 0.28 reads the tree back and stops at WAVEFORM items and at NUM items without a value, so the
    # document is made around the bare title, and the tree is put in after that.
    title = hd.sr.ContainerContentItem(root.ConceptNameCodeSequence[0])
    title.ContentSequence = ContentSequence(is_root=True)
    ds = make(
        evidence=[as_source(item) for item in evidence or (source,)],
        content=title,
        series_instance_uid=uid("series", source.StudyInstanceUID, issue.series),
        series_number=issue.number,
        sop_instance_uid=uid("instance", source.StudyInstanceUID, issue.series),
        instance_number=1,
        institution_name=person.institution or None,
        series_description=issue.description,
        is_complete=issue.final,
        is_final=issue.final,
        is_verified=issue.verifier is not None,
        verifying_observer_name=issue.verifier,
        verifying_organization="Demo clinic" if issue.verifier else None,
        previous_versions=list(replaces) or None,
        **WRITER,
    )
    ds.update({element.tag: element for element in root})
    if not evidence:
        del ds.CurrentRequestedProcedureEvidenceSequence
    _finish(ds, person, issue)
    return ds


def _finish(ds: Dataset, person: Person, issue: Issue) -> None:
    stamp(ds, issue.written)
    if person.character_set:
        ds.SpecificCharacterSet = list(person.character_set)
    if person.german:
        make_german(ds)
