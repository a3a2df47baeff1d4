"""HL7 annotated ECGs: sequences, annotations, subject, and what is wrong with them."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from ecg_files import TWELVE, aecg_xml, samples
from orthanc_cohorts.convert.ecg.aecg import read_aecg
from orthanc_cohorts.errors import ConversionError

VALUES = dict(zip(TWELVE, samples(12, 400).T, strict=True))
SUBJECT = (
    "<componentOf><timepointEvent><componentOf><subjectAssignment><subject><trialSubject>"
    '<id root="1.2.3" extension="S-12"/><subjectDemographicPerson><name>AB</name>'
    '<administrativeGenderCode code="F"/><birthTime value="19480102"/></subjectDemographicPerson>'
    "</trialSubject></subject></subjectAssignment></componentOf></timepointEvent></componentOf>"
)


def read(tmp_path, data):
    path = tmp_path / "e.xml"
    path.write_bytes(data)
    return read_aecg(path)


def problems(tmp_path, data):
    with pytest.raises(ConversionError) as error:
        read(tmp_path, data)
    return [str(one) for one in error.value.problems]


def annotation(code, value, unit, support=""):
    return (
        f'<component><annotation><code code="{code}"/><value xsi:type="PQ" value="{value}" unit="{unit}"/>'
        f"{support}</annotation></component>"
    )


def support(begin, end="", lead=""):
    ends = f'<low value="{begin}"/>' + (f'<high value="{end}"/>' if end else "")
    of = f'<component><boundary><code code="MDC_ECG_LEAD_{lead}"/></boundary></component>' if lead else ""
    return (
        "<support><supportingROI><component><boundary>"
        f'<code code="TIME_ABSOLUTE"/><value xsi:type="IVL_TS">{ends}</value></boundary></component>{of}'
        "</supportingROI></support>"
    )


def test_digits_are_samples_and_scale_and_origin_what_they_mean(tmp_path):
    found = read(tmp_path, aecg_xml(VALUES, origin="0.5", scale="0.0025", unit="mV"))

    assert {lead.label: lead.samples.tolist() for lead in found.leads} == {
        name.upper(): lead.tolist() for name, lead in VALUES.items()
    }
    assert {(lead.microvolt, lead.baseline, lead.sampling_hz) for lead in found.leads} == {
        (2.5, 500.0, 500.0)
    }
    assert all(lead.code is not None for lead in found.leads)


@pytest.mark.parametrize(("step", "hz"), [("0.002", 500.0), ("0.001", 1000.0), ("0.004", 250.0)])
def test_the_rate_is_the_increment_of_time(tmp_path, step, hz):
    assert next(read(tmp_path, aecg_xml(VALUES, step=step)).leads).sampling_hz == hz


def test_moment_device_filters_and_subject_are_read(tmp_path):
    found = read(tmp_path, aecg_xml(VALUES, subject=SUBJECT))

    assert found.moment == datetime(2021, 3, 4, 10, 11, 12, 500_000)
    assert (found.device.manufacturer, found.device.model) == ("Mortara", "Eli 250")
    assert (found.subject.patient_id, found.subject.sex) == ("S-12", "F")
    assert (found.subject.birth_date, found.subject.patient_name) == (date(1948, 1, 2), "AB")
    assert next(found.leads).filters.high_hz == 150.0


def test_annotations_of_the_whole_ecg_are_measures_and_those_of_a_lead_are_not(tmp_path):
    noted = "".join(
        (
            annotation("MDC_ECG_HEART_RATE", "72", "bpm"),
            annotation("MDC_ECG_TIME_PD_QT", "0.38", "s"),
            annotation("MDC_ECG_TIME_PD_QTcB_GL", "441", "ms"),
            annotation("MDC_ECG_TIME_PD_PR", "160", "ms", support("20210304101113", lead="II")),
            annotation("MDC_ECG_ANGLE_QRS_FRONT", "-30", "deg"),
            annotation("MDC_ECG_TIME_PD_QRS", "wide", "ms"),
        )
    )

    found = read(tmp_path, aecg_xml(VALUES, annotations=noted))

    assert {one.concept.code: (one.value, one.unit) for one in found.measures} == {
        "2:16016": (Decimal(72), "{H.B.}/min"),
        "2:16160": (Decimal(380), "ms"),
        "2:15880": (Decimal(441), "ms"),
        "2:16132": (Decimal(-30), "deg"),
    }


def test_an_interpretation_is_kept_in_its_words(tmp_path):
    noted = (
        '<component><annotation><code code="MDC_ECG_INTERPRETATION"/><component><annotation>'
        '<code code="MDC_ECG_INTERPRETATION_STATEMENT"/><value xsi:type="ST">Sinus rhythm</value>'
        "</annotation></component></annotation></component>"
    )

    assert read(tmp_path, aecg_xml(VALUES, annotations=noted)).interpretation == ("Sinus rhythm",)


def test_waves_are_marks_where_they_begin_and_end_in_their_lead(tmp_path):
    wave = (
        '<component><annotation><code code="MDC_ECG_WAVC"/><value xsi:type="CE" code="{}"/>{}'
        "</annotation></component>"
    )
    noted = wave.format("MDC_ECG_WAVC_QRSWAVE", support("20210304101112.600", "20210304101112.690", "II"))
    noted += wave.format("MDC_ECG_WAVC_PWAVE", support("20210304101112.512"))
    noted += wave.format("MDC_ECG_WAVC_TWAVE", support("20210304101212"))

    marks = read(tmp_path, aecg_xml(VALUES, annotations=noted)).strips[0].marks

    assert [(one.sample, one.until, one.lead, str(one.concept)) for one in marks] == [
        (50, 95, 1, "MDC|10:1600"),
        (6, None, None, "MDC|10:256"),
    ]


def test_a_derived_series_is_a_strip_that_is_not_original(tmp_path):
    inner = aecg_xml({"II": VALUES["II"][:100]}, begin="20210304101114").decode()
    of_set = inner[inner.index("<component><sequenceSet>") : inner.index("</sequenceSet>")]
    derived = f"<derivation><derivedSeries>{of_set}</sequenceSet></component></derivedSeries></derivation>"

    found = read(tmp_path, aecg_xml(VALUES, derived=derived))

    assert [(one.label, one.is_original, len(one.leads), one.offset_ms) for one in found.strips] == [
        ("RHYTHM", True, 12, 0.0),
        ("MEDIAN BEAT", False, 1, 1500.0),
    ]


def test_every_lead_that_is_damaged_is_named(tmp_path):
    data = aecg_xml({"I": VALUES["I"][:4], "II": VALUES["II"][:3]}).decode()
    first = " ".join(map(str, VALUES["I"][:4]))

    found = problems(tmp_path, data.replace(first, "1 x 3 4").encode())
    uneven = problems(tmp_path, data.encode())

    assert found == ["e.xml: lead 'I': 'x' is no whole number"]
    assert uneven == ["e.xml: the leads of one set have different numbers of samples: 3, 4"]


def test_digits_beyond_32_bits_and_scales_that_are_none_are_named(tmp_path):
    wide = aecg_xml({"I": VALUES["I"][:2]}).replace(
        f"{VALUES['I'][0]} {VALUES['I'][1]}".encode(), b"1 99999999999"
    )

    assert problems(tmp_path, wide) == ["e.xml: lead 'I': a digit takes more than 32 bits"]
    assert problems(tmp_path, aecg_xml({"I": VALUES["I"]}, scale="")) == [
        "e.xml: lead 'I': scale is no number"
    ]


@pytest.mark.parametrize("step", ["", "0", "-0.002", "x"])
def test_a_set_without_a_rate_is_named(tmp_path, step):
    assert problems(tmp_path, aecg_xml(VALUES, step=step)) == [
        "e.xml: a set of sequences does not say at which rate it was sampled"
    ]


def test_a_document_without_samples_is_an_error(tmp_path):
    assert problems(tmp_path, b'<AnnotatedECG xmlns="urn:hl7-org:v3"/>') == [
        "e.xml: has no sequences of samples"
    ]


def test_a_unit_that_is_no_voltage_leaves_the_lead_without_a_step(tmp_path):
    assert {one.microvolt for one in read(tmp_path, aecg_xml(VALUES, unit="mmHg")).leads} == {None}
