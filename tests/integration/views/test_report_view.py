"""Which report of a study and title prevails."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

import build
from integration.views.asking import ask, delete, store
from orthanc_cohorts.store import Index

LATEST = "SELECT sop_instance_uid FROM latest_verified_report ORDER BY ALL"
ECHO = "DCM|125200|Adult Echocardiography Procedure Report"


def report(number: int, time: str = "100000", **header: object) -> Dataset:
    header = {"VerificationFlag": "VERIFIED", "InstanceNumber": number, "ContentTime": time, **header}
    return build.sr([build.num("A", number)], **header)


def of(*reports: Dataset) -> list[tuple[str]]:
    return sorted((str(ds.SOPInstanceUID),) for ds in reports)


def test_the_latest_verified_document_prevails(index: Index):
    old, new = report(1, "100000"), report(2, "110000")
    store(index, new, old, report(3, "120000", VerificationFlag="UNVERIFIED"))

    assert ask(index, LATEST) == of(new)
    assert ask(index, "SELECT n_candidates FROM latest_verified_report") == [(2,)]


def test_a_preliminary_document_never_prevails_and_a_silent_one_may(index: Index):
    final, silent = report(1, PreliminaryFlag="FINAL"), report(2, "090000", StudyID="2")
    store(index, final, silent, report(3, "120000", PreliminaryFlag="PRELIMINARY"))

    assert ask(index, LATEST) == of(final, silent)


def test_a_complete_document_prevails_over_a_later_partial_one(index: Index):
    complete, partial = report(1, "100000"), report(2, "110000", CompletionFlag="PARTIAL")
    store(index, complete, partial)
    both = ask(index, LATEST)

    delete(index, complete)

    assert both == of(complete)
    assert ask(index, "SELECT sop_instance_uid, completion_flag FROM latest_verified_report") == [
        (partial.SOPInstanceUID, "PARTIAL")
    ]


def test_documents_of_one_time_are_ordered_by_their_uid(index: Index):
    pair = [report(1), report(2)]
    store(index, *pair)

    assert ask(index, LATEST) == [max(of(*pair))]


def test_each_title_and_each_study_has_its_own(index: Index):
    reports = [report(1), build.sr([], ECHO, VerificationFlag="VERIFIED"), report(1, StudyID="2")]
    reports[1].SOPInstanceUID = build.uid("echo")
    store(index, *reports)

    assert ask(index, LATEST) == of(*reports)


@pytest.mark.parametrize("flag", ["VERIFIED", "UNVERIFIED"])
def test_what_a_live_document_replaces_is_out_until_that_document_goes(index: Index, flag: str):
    old = report(1, "120000")
    target = (old.StudyInstanceUID, old.SeriesInstanceUID, old.SOPClassUID, old.SOPInstanceUID)
    new = report(2, "110000", VerificationFlag=flag)
    new.PredecessorDocumentsSequence = build.references(target)
    store(index, old, new)
    both = ask(index, LATEST)

    delete(index, new)

    assert both == (of(new) if flag == "VERIFIED" else [])
    assert ask(index, LATEST) == of(old)


def test_nothing_of_a_deleted_document_is_in_the_view(index: Index):
    store(index, report(1))

    delete(index, report(1))

    assert ask(index, LATEST) == []
