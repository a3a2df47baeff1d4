"""Headers, segmentations, waveforms, references and identifiers."""

from __future__ import annotations

import pytest

import build
from flattened import rows_of, stored, table
from orthanc_cohorts.flatten import ParentsUnknown, Stored, flatten_bytes
from orthanc_cohorts.flatten.header import orthanc_id


def test_orthancs_identifiers_follow_from_the_header():
    ds = build.ct(PatientID="P1")

    rows = stored(ds)

    assert table(rows, "instance", "orthanc_patient_id") == [orthanc_id("P1")]
    # SHA-1 of "P1" in five groups, as Orthanc 1.10.1 names that patient.
    assert orthanc_id("P1") == "bdaf1eca-33d4619e-80e8ca68-9a1b74a4-febbbb29"


def test_an_identifier_that_does_not_follow_is_told():
    with pytest.raises(ParentsUnknown):
        flatten_bytes(build.to_bytes(build.ct()), Stored("0" * 8 + "-" + "0" * 35))


def test_a_size_of_zero_is_a_missing_marker():
    rows = rows_of(build.ct(PatientSize="0", PatientWeight="80"))

    assert table(rows, "instance_header", "patient_size_m", "patient_bmi") == [(None, None)]


def test_bmi_is_computed_where_it_is_not_stated():
    rows = rows_of(build.ct(PatientSize="2", PatientWeight="100"))

    assert table(rows, "instance_header", "patient_bmi") == [25.0]


def test_age_as_stated_wins_over_the_dates():
    stated = rows_of(build.ct(PatientAge="070Y", PatientBirthDate="19900101", StudyDate="20240101"))
    computed = rows_of(build.ct(PatientAge=None, PatientBirthDate="19900101", StudyDate="20240101"))

    assert table(stated, "instance_header", "patient_age_years") == [70.0]
    assert table(computed, "instance_header", "patient_age_years") == [34.0]


def test_a_segmentation_has_a_row_per_segment_with_its_frames():
    ds = build.seg(
        [("LV", "SCT|87878005|Left ventricle"), ("RV", "SCT|53085002|Right ventricle")],
        region="SCT|80891009|Heart",
    )

    rows = rows_of(ds)

    assert table(
        rows, "segment", "segment_number", "property_type_code", "region_code", "number_of_frames"
    ) == [
        (1, "87878005", "80891009", 1),
        (2, "53085002", "80891009", 1),
    ]


def test_a_segmentation_refers_to_its_source_once_per_image():
    source = build.ct()

    rows = rows_of(build.seg(source=source))

    assert table(rows, "reference", "kind", "target_sop_instance_uid") == [("source", source.SOPInstanceUID)]


def test_a_waveform_has_groups_and_channels_and_no_samples():
    rows = rows_of(build.ecg(channels=12, samples=5000, frequency=500, groups=2))

    assert (
        table(rows, "waveform", "number_of_channels", "number_of_samples", "duration_s")
        == [(12, 5000, 10.0)] * 2
    )
    assert len(rows["waveform_channel"]) == 24
    assert all(table(rows, "waveform_channel", "source_code"))


def test_predecessors_are_references():
    old = build.sr([])

    rows = rows_of(
        build.sr(
            [],
            predecessors=[(old.StudyInstanceUID, old.SeriesInstanceUID, old.SOPClassUID, old.SOPInstanceUID)],
        )
    )

    assert table(rows, "reference", "kind", "target_sop_instance_uid", "subject") == [
        ("predecessor", old.SOPInstanceUID, None)
    ]


def test_an_unreadable_date_is_a_problem_and_no_loss():
    data = build.to_bytes(build.ct(StudyDate="20240101")).replace(b"20240101", b"2024QQ01")

    rows = rows_of(data)

    assert table(rows, "instance_header", "study_time") == [None]
    assert "date-unreadable" in table(rows, "problem", "rule")


def test_problems_never_hold_names():
    data = build.to_bytes(build.ct(PatientBirthDate="19400101")).replace(b"19400101", b"1940XX01")

    assert "1940XX01" not in str(rows_of(data)["problem"])
