"""MUSE XML: base64 leads, computed limb leads, measurements, statements."""

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest

from ecg_files import EIGHT, muse_xml, samples
from orthanc_cohorts.convert.ecg.muse import read_muse
from orthanc_cohorts.errors import ConversionError

VALUES = dict(zip(EIGHT, samples(8, 500).T, strict=True))
HEAD = (
    "<PatientDemographics><PatientID>4711</PatientID><PatientAge>63</PatientAge><AgeUnits>YEARS</AgeUnits>"
    "<DateofBirth>12-24-1957</DateofBirth><Gender>FEMALE</Gender><PatientLastName>Müller</PatientLastName>"
    "<PatientFirstName>Eva</PatientFirstName><HeightCM>170</HeightCM><WeightKG>0</WeightKG>"
    "</PatientDemographics><TestDemographics><AcquisitionDevice>MAC55</AcquisitionDevice>"
    "<AcquisitionTime>10:11:12</AcquisitionTime><AcquisitionDate>03-04-2021</AcquisitionDate>"
    "</TestDemographics><RestingECGMeasurements><VentricularRate>72</VentricularRate><PRInterval>160"
    "</PRInterval><QTCorrected>441</QTCorrected><RAxis>-30</RAxis><QRSCount>12</QRSCount>"
    "<TAxis>UND</TAxis></RestingECGMeasurements><OriginalRestingECGMeasurements><VentricularRate>99"
    "</VentricularRate></OriginalRestingECGMeasurements><Diagnosis><DiagnosisStatement>"
    "<StmtText>Sinus rhythm</StmtText><StmtText/></DiagnosisStatement><DiagnosisStatement><StmtFlag>ENDSLINE"
    "</StmtFlag><StmtText>with PVCs</StmtText></DiagnosisStatement><DiagnosisStatement><StmtText>Abnormal ECG"
    "</StmtText></DiagnosisStatement></Diagnosis>"
)


def read(tmp_path, data):
    path = tmp_path / "m.xml"
    path.write_bytes(data)
    return read_muse(path)


def problems(tmp_path, data):
    with pytest.raises(ConversionError) as error:
        read(tmp_path, data)
    return [str(one) for one in error.value.problems]


def test_leads_are_little_endian_numbers_in_base64(tmp_path):
    found = {lead.label: lead for lead in read(tmp_path, muse_xml(VALUES)).leads}

    assert {name: found[name].samples.tolist() for name in EIGHT} == {
        name: lead.tolist() for name, lead in VALUES.items()
    }
    lead = found["V1"]
    assert (lead.microvolt, lead.sampling_hz) == (4.88, 500.0)
    assert (lead.filters.low_hz, lead.filters.high_hz, lead.filters.notch_hz) == (0.16, 150.0, 50.0)


def test_limb_leads_that_are_missing_are_computed_without_rounding(tmp_path):
    found = {lead.label: lead for lead in read(tmp_path, muse_xml(VALUES)).leads}

    one, two = (VALUES[name].astype(float) * 4.88 for name in ("I", "II"))
    expected = {"III": two - one, "aVR": -(one + two) / 2, "aVL": one - two / 2, "aVF": two - one / 2}
    for name, microvolts in expected.items():
        assert found[name].samples * found[name].microvolt == pytest.approx(microvolts, abs=1e-9)
        assert found[name].derivation == "computed from leads I and II"
    assert [lead.label for lead in read(tmp_path, muse_xml(VALUES)).leads] == [
        "I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6",
    ]  # fmt: skip


def test_limb_leads_that_are_there_stay_as_they_are(tmp_path):
    own = np.arange(500, dtype=np.int16)

    found = [one for one in read(tmp_path, muse_xml({**VALUES, "III": own})).leads if one.label == "III"]

    assert [one.samples.tolist() for one in found] == [own.tolist()]


def test_numbers_at_the_edge_are_computed_without_running_over(tmp_path):
    edge = np.array([32767, -32768], np.int16)

    found = {one.label: one for one in read(tmp_path, muse_xml({"I": edge, "II": edge[::-1].copy()})).leads}

    assert found["aVL"].samples.tolist() == [2 * 32767 + 32768, -2 * 32768 - 32767]


def test_the_median_beat_is_a_strip_behind_the_rhythm(tmp_path):
    median = {name: lead[:60] for name, lead in VALUES.items()}

    found = read(tmp_path, muse_xml(VALUES, median))

    assert [(one.label, one.is_original, len(one.leads)) for one in found.strips] == [
        ("RHYTHM", True, 12),
        ("MEDIAN BEAT", False, 12),
    ]


def test_patient_moment_and_device_are_read(tmp_path):
    found = read(tmp_path, muse_xml(VALUES, head=HEAD))

    subject = found.subject
    assert (subject.patient_id, subject.patient_name, subject.sex) == ("4711", "Müller^Eva", "F")
    assert (subject.birth_date, subject.age) == (date(1957, 12, 24), (Decimal(63), "a"))
    assert (subject.height_cm, subject.weight_kg) == (Decimal(170), None)
    assert (found.moment, found.device.model) == (datetime(2021, 3, 4, 10, 11, 12), "MAC55")


def test_measurements_are_those_that_somebody_confirmed(tmp_path):
    found = read(tmp_path, muse_xml(VALUES, head=HEAD))

    assert {one.concept.code: (one.value, one.unit) for one in found.measures} == {
        "2:16016": (Decimal(72), "{H.B.}/min"),
        "2:15872": (Decimal(160), "ms"),
        "2:15876": (Decimal(441), "ms"),
        "2:16132": (Decimal(-30), "deg"),
    }


def test_a_statement_goes_on_to_the_end_of_its_line(tmp_path):
    found = read(tmp_path, muse_xml(VALUES, head=HEAD))

    assert found.interpretation == ("Sinus rhythm with PVCs", "Abnormal ECG")


def test_every_lead_that_is_damaged_is_named(tmp_path):
    data = muse_xml({"I": VALUES["I"], "II": VALUES["II"], "V1": VALUES["V1"]}).decode("latin-1")
    first, second, third = data.split("<LeadData>")[1:]
    data = data.replace(first, first.replace("<LeadSampleSize>2", "<LeadSampleSize>3"))
    data = data.replace(second, second.replace("<LeadSampleCountTotal>500", "<LeadSampleCountTotal>501"))
    data = data.replace(third, third.replace("4.88", "much"))

    found = problems(tmp_path, data.encode("latin-1"))

    assert found == [
        "m.xml: lead 'I' cannot be read: samples of '3' bytes",
        "m.xml: lead 'II' says that it has '501' samples, and has 500",
        "m.xml: lead 'V1' cannot be read: could not convert string to float: 'much'",
    ]


def test_leads_of_different_length_in_one_waveform_are_an_error(tmp_path):
    assert problems(tmp_path, muse_xml({"I": VALUES["I"], "II": VALUES["II"][:10]})) == [
        "m.xml: leads taken together have different numbers of samples: 10, 500"
    ]


def test_a_file_without_waveform_or_with_entities_is_refused(tmp_path):
    assert problems(tmp_path, b"<RestingECG/>") == ["m.xml: has no waveform"]
    hostile = muse_xml(VALUES, doctype='<!DOCTYPE RestingECG [<!ENTITY x "y">]>')
    assert "declares entities" in problems(tmp_path, hostile)[0]
