"""The builders that every other test stands on."""

import io

import pydicom
import pytest

import build


@pytest.mark.parametrize(
    "transfer_syntax", [build.EXPLICIT, build.IMPLICIT, build.BIG_ENDIAN, build.DEFLATED]
)
def test_a_report_reads_back_in_every_encoding(transfer_syntax):
    report = build.sr(
        [
            build.num("SCT|410668003|Length", "5.7", "cm"),
            build.container("DCM|125007|Measurement Group", build.code("DCM|121071", "SCT|27925004|Nodule")),
            build.by_reference("INFERRED FROM", "1.1"),
        ],
        template="1500",
    )

    read = pydicom.dcmread(io.BytesIO(build.to_bytes(report, transfer_syntax)))

    assert read.file_meta.TransferSyntaxUID == transfer_syntax
    assert read == report


def test_building_bytes_leaves_the_object_alone():
    image = build.ct()

    build.to_bytes(image, build.IMPLICIT)

    assert not hasattr(image, "file_meta")


def test_bytes_without_preamble_start_with_the_data_set():
    data = build.to_bytes(build.ct(), preamble=False)

    assert data[:2] == b"\x08\x00"
    assert b"DICM" not in data


def test_a_num_without_value_has_an_empty_sequence_and_its_qualifier():
    item = build.num("Volume", None, "mm3", qualifier="DCM|114007|Measurement not attempted")

    assert len(item.MeasuredValueSequence) == 0
    assert item.NumericValueQualifierCodeSequence[0].CodeValue == "114007"


def test_uids_follow_from_patient_study_series_and_instance():
    first, same, second = build.ct(), build.ct(), build.ct(InstanceNumber=2)

    assert first.SOPInstanceUID == same.SOPInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.SeriesInstanceUID == second.SeriesInstanceUID
    assert build.ct(PatientID="P2").StudyInstanceUID != first.StudyInstanceUID


def test_none_removes_an_attribute():
    assert "PatientSex" not in build.ecg(PatientSex=None)


def test_long_codes_and_urns_go_where_the_standard_wants_them():
    long, urn = build.concept("99X|ABCDEFGHIJKLMNOPQ|long"), build.concept("|urn:oid:1.2.3|urn")

    assert "CodeValue" not in long
    assert long.LongCodeValue == "ABCDEFGHIJKLMNOPQ"
    assert urn.URNCodeValue == "urn:oid:1.2.3"
    assert "CodingSchemeDesignator" not in urn


def test_a_segmentation_refers_to_its_image():
    image = build.ct()

    mask = build.seg(source=image)

    assert mask.ReferencedSeriesSequence[0].SeriesInstanceUID == image.SeriesInstanceUID
    assert mask.StudyInstanceUID == image.StudyInstanceUID
