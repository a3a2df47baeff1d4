"""Patient histories after TID 3802: problems, surgery, devices, laboratory, social history, blood pressure.

Knows nothing of images; written at discharge, in a study of its own.
"""

from __future__ import annotations

from datetime import datetime

from pydicom.dataset import Dataset

from orthanc_cohorts.convert.demo.plan import History, Person
from orthanc_cohorts.convert.demo.sr import (
    HAS_CONCEPT_MOD,
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
)


def history_report(person: Person, history: History) -> Dataset:
    """Return the history document of that person."""
    source = report_header(
        person, "history", history.written, "Anamnese" if person.german else "Patient history"
    )
    root = container(
        "history",
        *language(person.german),
        *person_observer("Ward^Physician"),
        *device_observer("Clinical information system"),
        _problems(history),
        *_surgery(history),
        *_devices(history),
        *_laboratory(history),
        *_social(history),
        rel=None,
        template="3802",
    )
    issue = Issue("history", 1, "History", history.written, final=True)
    return document(person, root, source, issue)


def _problems(history: History) -> Dataset:
    noted = datetime(history.written.year - 2, 1 + history.written.day % 12, 1)
    return container(
        "problem list",
        *(
            container("concern", coded("reported", name), moment("noted", noted), template="3829")
            for name in history.problems
        ),
    )


def _surgery(history: History) -> list[Dataset]:
    items = []
    if history.pacemaker:
        # As the seed system writes it, against TID 3802: a modifier of the container, not something in it.
        items.append(coded("procedure", "pacemaker implantation", rel=HAS_CONCEPT_MOD))
    if "coronary disease" in history.problems and "infarction" in history.problems:
        items.append(coded("procedure", "bypass"))
    return [container("past surgery", *items)] if items else []


def _devices(history: History) -> list[Dataset]:
    if not history.pacemaker:
        return []
    return [container("device use", coded("pacemaker in situ", "dual chamber"))]


def _laboratory(history: History) -> list[Dataset]:
    items = []
    if history.creatinine is not None:
        items.append(num("creatinine", *history.creatinine))
    if history.hemoglobin is not None:
        items.append(num("hemoglobin", *history.hemoglobin))
    items.append(num("NT-proBNP", history.nt_probnp_ng_l, "ng/L", "unknown"))
    return [container("laboratory", *items)]


def _social(history: History) -> list[Dataset]:
    items = []
    if history.smoking is not None:
        items.append(coded("smoking", history.smoking))
    if history.systolic_mmhg is not None:
        items.append(num("systolic", history.systolic_mmhg, "mm[Hg]"))
    if history.remark is not None:
        items.append(text("remark", history.remark))
    return [container("social history", *items)] if items else []
