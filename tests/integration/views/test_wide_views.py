"""Wide views for BI tools: one row per patient and study, scalar columns only."""

from __future__ import annotations

import datetime

import pytest
from pydicom.dataset import Dataset

import build
from integration.views.asking import ask, delete, rows, store
from orthanc_cohorts.store import Index

VIEWS = ("wide_study", "wide_patient", "study_content")


def archive() -> list[Dataset]:
    """Patient A with two studies, patient B with one."""
    image = build.ct(PatientID="A", PatientWeight="80", PatientSize="2", StudyDescription="Heart")
    segments = [("L", "SCT|15825003|Aorta"), ("R", "SCT|15825003|Aorta")]
    return [
        image,
        build.seg(segments, source=image, PatientID="A", StudyDescription="Heart", SeriesDescription="Aorta"),
        build.sr(
            [build.num("A", 1), build.num("B", 2), build.code("C", "D")],
            PatientID="A", StudyDescription="Heart", SeriesDescription="Report",
        ),
        build.ecg(
            PatientID="A", StudyID="2", StudyDate="20250131", StudyDescription="Rest", PatientWeight="90",
            groups=2,
        ),
        build.ct(PatientID="B", Modality="MR"),
    ]  # fmt: skip


def test_a_study_is_one_row_with_what_it_holds(index: Index):
    store(index, *archive())

    [found] = [row for row in rows(index, "wide_study") if row["study_description"] == "Heart"]

    assert (found["patient_id"], found["modalities"]) == ("A", "CT,SEG,SR")
    assert found["series_descriptions"] == "Aorta,Report"
    assert (found["series_count"], found["instance_count"], found["document_count"]) == (3, 3, 1)
    assert (found["segment_count"], found["waveform_count"]) == (2, 0)
    assert (found["measurement_count"], found["evaluation_count"]) == (2, 1)
    assert (found["patient_weight_kg_min"], found["patient_size_m_max"]) == (80.0, 2.0)
    assert {name for name, value in found.items() if value is True} == {"has_ct", "has_seg", "has_sr"}


def test_a_patient_is_one_row_over_all_studies(index: Index):
    store(index, *archive())

    [found] = [row for row in rows(index, "wide_patient") if row["patient_id"] == "A"]

    assert (found["patient_ids"], found["patient_sex"]) == ("A", "F")
    assert found["patient_birth_date"] == datetime.date(1950, 1, 2)
    assert (found["study_count"], found["series_count"], found["instance_count"]) == (2, 4, 4)
    assert (found["measurement_count"], found["segment_count"], found["waveform_count"]) == (2, 2, 2)
    assert (found["patient_weight_kg_min"], found["patient_weight_kg_max"]) == (80.0, 90.0)
    assert (found["first_study_time"].year, found["last_study_time"].year) == (2024, 2025)
    assert (found["study_descriptions"], found["modalities"]) == ("Heart,Rest", "CT,ECG,SEG,SR")
    assert {name for name, value in found.items() if value is True} == {
        "has_ct",
        "has_ecg",
        "has_seg",
        "has_sr",
    }


@pytest.mark.parametrize("view", VIEWS)
def test_wide_rows_are_flat(index: Index, view: str):
    types = [row[1] for row in ask(index, f"DESCRIBE {view}")]

    assert not [name for name in types if "[" in name or "STRUCT" in name or "MAP" in name]


def test_two_persons_of_one_id_stay_two_rows(index: Index):
    store(
        index,
        build.ct(PatientID="1", IssuerOfPatientID="A", StudyInstanceUID=build.uid("a")),
        build.ct(PatientID="1", IssuerOfPatientID="B", StudyInstanceUID=build.uid("b")),
    )

    found = ask(index, "SELECT patient_id, issuer_of_patient_id, study_count FROM wide_patient ORDER BY ALL")

    assert found == [("1", "A", 1), ("1", "B", 1)]


def test_counts_follow_deletions_and_nothing_is_left_in_the_end(index: Index):
    objects = archive()
    store(index, *objects)

    delete(index, objects[2])
    without_report = ask(
        index,
        "SELECT measurement_count, has_sr, modalities FROM wide_study WHERE study_description = 'Heart'",
    )
    delete(index, *objects[:2], *objects[3:])

    assert without_report == [(0, False, "CT,SEG")]
    assert not any(rows(index, view) for view in VIEWS)
