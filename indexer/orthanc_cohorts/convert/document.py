"""The document around a content tree: an SR object (PS3.3 A.35, C.17).

Knows what a tree refers to; nothing of templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time

from pydicom.dataset import Dataset
from pydicom.uid import UID

from orthanc_cohorts.convert import content
from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.header import Context, dicom_date, dicom_time, header

LANGUAGE = Coding("DCM", "121049", "Language of Content Item and Descendants")
ENGLISH = Coding("RFC5646", "en", "English")
OBSERVER_TYPE = Coding("DCM", "121005", "Observer Type")
DEVICE = Coding("DCM", "121007", "Device")
PERSON = Coding("DCM", "121006", "Person")
_DEVICE_UID = Coding("DCM", "121012", "Device Observer UID")
_DEVICE_NAME = Coding("DCM", "121013", "Device Observer Name")
_PERSON_NAME = Coding("DCM", "121008", "Person Observer Name")


def document(
    context: Context,
    sop_class_uid: UID | str,
    root: Dataset,
    moment: datetime | date,
    evidence: Sequence[Dataset] = (),
    is_final: bool = True,
) -> Dataset:
    """Return the report of a content tree; its SOPInstanceUID is given later.

    root: its root container. moment: of the content, midnight where the time of day is not known. evidence:
    the objects that the tree refers to. is_final: complete; else partial and preliminary. Nobody has verified
    what is converted.
    """
    ds = header(replace(context, series=replace(context.series, modality="SR")), str(sop_class_uid))
    at = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    ds.ContentDate, ds.ContentTime = dicom_date(at), dicom_time(at)
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE" if is_final else "PARTIAL", "UNVERIFIED"
    ds.PreliminaryFlag = "FINAL" if is_final else "PRELIMINARY"
    ds.ReferencedPerformedProcedureStepSequence, ds.PerformedProcedureCodeSequence = [], []
    within = [one for one in evidence if one.StudyInstanceUID == context.study.uid]
    others = [one for one in evidence if one.StudyInstanceUID != context.study.uid]
    if within:
        ds.CurrentRequestedProcedureEvidenceSequence = _hierarchy(within)
    if others:
        ds.PertinentOtherEvidenceSequence = _hierarchy(others)
    for element in root:
        ds[element.tag] = element
    return ds


def language(code: Coding = ENGLISH) -> Dataset:
    """Return the language of a report (TID 1204)."""
    return content.code(LANGUAGE, code, rel="HAS CONCEPT MOD")


def device_observer(uid: str, name: str) -> list[Dataset]:
    """Return the items that name the device that observed (TID 1002, 1004)."""
    return [
        content.code(OBSERVER_TYPE, DEVICE, rel="HAS OBS CONTEXT"),
        content.uidref(_DEVICE_UID, uid, rel="HAS OBS CONTEXT"),
        content.text(_DEVICE_NAME, name, rel="HAS OBS CONTEXT"),
    ]


def person_observer(name: str) -> list[Dataset]:
    """Return the items that name the person who observed (TID 1002, 1003); name: as PN."""
    return [
        content.code(OBSERVER_TYPE, PERSON, rel="HAS OBS CONTEXT"),
        content.pname(_PERSON_NAME, name, rel="HAS OBS CONTEXT"),
    ]


def _hierarchy(objects: Iterable[Dataset]) -> list[Dataset]:
    """Return objects as a sequence of studies, their series and instances (PS3.3 table C.17-3)."""
    studies: dict[str, dict[str, list[Dataset]]] = {}
    for one in objects:
        named = Dataset()
        named.ReferencedSOPClassUID, named.ReferencedSOPInstanceUID = one.SOPClassUID, one.SOPInstanceUID
        studies.setdefault(one.StudyInstanceUID, {}).setdefault(one.SeriesInstanceUID, []).append(named)
    return [_study(uid, series) for uid, series in studies.items()]


def _study(study_uid: str, of_series: dict[str, list[Dataset]]) -> Dataset:
    study = Dataset()
    study.StudyInstanceUID, study.ReferencedSeriesSequence = study_uid, []
    for series_uid, instances in of_series.items():
        series = Dataset()
        series.SeriesInstanceUID, series.ReferencedSOPSequence = series_uid, instances
        study.ReferencedSeriesSequence.append(series)
    return study
