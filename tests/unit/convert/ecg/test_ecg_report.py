"""The report of an ECG: every statement of a header becomes an item that can be asked for."""

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest

from flattened import rows_of, table
from orthanc_cohorts.convert.ecg import codes
from orthanc_cohorts.convert.ecg.clinical import statements_of
from orthanc_cohorts.convert.ecg.leads import lead_code
from orthanc_cohorts.convert.ecg.recording import Device, Lead, Measure, Recording, Strip, Subject
from orthanc_cohorts.convert.ecg.report import report, says_anything
from orthanc_cohorts.convert.ecg.shape import kind_of
from orthanc_cohorts.convert.ecg.waveform import waveform
from orthanc_cohorts.convert.header import Context, Patient, Series, Study
from orthanc_cohorts.errors import UnknownContextGroup
from orthanc_cohorts.harmonise import canonical_concept, context_group
from orthanc_cohorts.templates import check, items_of

CONTEXT = Context(Patient("p", sex="F"), Study("2.25.1", date(1990, 10, 1)), Series("2.25.2", "ECG"))


def recorded(*lines, moment=date(1990, 10, 1), **more):
    lead = Lead("I", lead_code("I"), np.zeros(10, np.int32), 5.0, 500.0)
    return Recording("r", (Strip("RHYTHM", (lead,)),), moment, statements=tuple(statements_of(lines)), **more)


def told(*lines, **more):
    """Return the rows of the report of a recording."""
    recording = recorded(*lines, **more)
    trace = waveform(recording, kind_of(recording, "r"), CONTEXT)
    trace.SOPInstanceUID = "2.25.3"
    ds = report(recording, trace, CONTEXT)
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "2.25.4"
    rows = rows_of(ds)
    findings = check(items_of(rows["content_item"]), canonical_concept, value_set)
    assert [one for one in findings if one.severity != "info"] == []
    assert table(rows, "problem", "rule") == []
    return rows


def value_set(cid):
    try:
        return context_group(cid)
    except UnknownContextGroup:
        return None


def evaluations(rows):
    return [tuple(row) for row in table(rows, "evaluation", "concept_code", "value_code", "site_code")]


def texts(rows):
    return table(rows, "text_item", "concept_code", "text")


def measurements(rows):
    return table(rows, "measurement", "concept_code", "value", "unit_code", "site_code")


def test_an_acute_infarction_is_a_disease_with_site_date_and_its_own_words():
    rows = told("Acute infarction (localization): infero-latera", "Infarction date (acute): 29-Sep-90")

    assert ("64572001", "57054005", "16239001") in evaluations(rows)
    assert ("64572001", "65547006", None) in evaluations(rows)
    assert ("363698007", "infero-latera") in texts(rows)
    noted = [row for row in rows.dicts("content_item") if row["concept_code"] == "121431"]
    assert [row["text_value"] for row in noted] == ["19900929", "19900929"]


def test_walls_without_a_code_of_their_own_are_of_the_left_ventricle():
    rows = told("Acute infarction (localization): antero-septo-lateral")

    assert ("64572001", "57054005", "49848007") in evaluations(rows)
    assert ("363698007", "antero-septo-lateral") in texts(rows)


def test_an_infarction_that_there_was_not_is_a_no_and_one_not_known_is_nothing():
    no = told("Acute infarction (localization): no", "Former infarction (localization): no")
    unknown = told("Acute infarction (localization): n/a", "Former infarction (localization): unknown")

    assert ("57054005", "373067005", None) in evaluations(no)
    assert ("399211009", "373067005", None) in evaluations(no)
    assert not any("Infarction" in meaning for meaning in table(unknown, "evaluation", "value_meaning"))


def test_former_infarctions_are_as_many_as_their_dates():
    rows = told(
        "Former infarction (localization): anterior",
        "Previous infarction (1) date: 3-Mar-85",
        "Previous infarction (2) date: 1987",
    )

    assert evaluations(rows).count(("64572001", "399211009", "49848007")) == 2
    assert ("121106", "Date: 1987") in texts(rows)


def test_a_date_of_an_infarction_that_there_was_not_is_a_comment():
    rows = told(
        "Acute infarction (localization): no",
        "Infarction date (acute): 1-Sep-90",
        "Former infarction (localization): no",
        "Previous infarction (1) date: 1-Sep-89",
    )

    assert [row[1] for row in evaluations(rows) if row[0] in ("57054005", "399211009")] == ["373067005"] * 2
    assert ("121106", "Infarction date: 1-Sep-90") in texts(rows)
    assert ("121106", "Previous infarction date: 1-Sep-89") in texts(rows)


@pytest.mark.parametrize(
    ("value", "code"), [("no", "266919005"), ("yes", "77176002"), ("former", "8517006"), ("unknown", None)]
)
def test_smoking_is_a_code(value, code):
    found = [one for one in evaluations(told(f"Smoker: {value}")) if one[0] == "365981007"]

    assert found == ([] if code is None else [("365981007", code, None)])


def test_smoking_in_other_words_keeps_them():
    assert ("121106", "Smoker: 10 a day") in texts(told("Smoker: 10 a day"))


def test_the_reason_for_admission_is_an_indication_as_code_and_words():
    rows = told("Reason for admission: Heart failure (NYHA 3)")

    assert ("121071", "84114007", None) in evaluations(rows)
    assert ("121071", "Heart failure (NYHA 3)") in texts(rows)


def test_additional_diagnoses_keep_their_words_and_get_codes_where_those_are_sure():
    rows = told("Additional diagnoses: Arterial hypertension, Morbus Bechterew")

    assert ("64572001", "Arterial hypertension, Morbus Bechterew") in texts(rows)
    assert ("64572001", "38341003", None) in evaluations(rows)


def test_pressures_are_numbers_with_unit_and_where_they_were_measured():
    rows = told(
        "Peripheral blood Pressure (syst/diast):  140/80 mmHg",
        "Pulmonary artery pressure (at rest) (syst/diast): 25/10 mmHg",
        "Pulmonary artery pressure (laod) (mean): 33 mmHg",
        "Aorta (at rest) mean: 106 cmH2O",
        "Left ventricular enddiastolic pressure: 11 cmH2O",
    )

    assert measurements(rows)[:5] == [
        ("8480-6", 25.0, "mm[Hg]", "81040000"),
        ("8462-4", 10.0, "mm[Hg]", "81040000"),
        ("8478-0", 106.0, "cm[H2O]", "15825003"),
        ("8478-0", 33.0, "mm[Hg]", "81040000"),
        ("276781007", 11.0, "cm[H2O]", None),
    ]
    assert ("271649006", 140.0, "mm[Hg]", None) in measurements(rows)
    assert ("271650006", 80.0, "mm[Hg]", None) in measurements(rows)


def test_a_number_that_is_none_is_kept_in_words():
    rows = told(
        "Cardiac output (at rest): about 5 l/min",
        "Peripheral blood Pressure (syst/diast): 140 palpated",
        "Number of coronary vessels involved: 2-3",
        "Dosage (lytic agent): 100 U",
    )

    assert ("82799009", "about 5 l/min") in texts(rows)
    assert ("121106", "Peripheral blood pressure: 140 palpated") in texts(rows)
    assert ("122762", "2-3") in texts(rows)
    assert ("260911001", "100 U") in texts(rows)


def test_flows_and_vessels_are_numbers():
    rows = told(
        "Cardiac output (at rest): 5.4 l/min",
        "Cardiac index (load): 3,1 l/min/m2",
        "Stroke volume index (at rest): 40 ml/m2",
        "Number of coronary vessels involved: 2",
    )

    found = {row[:3] for row in measurements(rows)}
    assert {("82799009", 5.4, "L/min"), ("54993008", 3.1, "L/min/m2"), ("277381004", 40.0, "mL/m2")} <= found
    assert ("122762", 2.0, "1") in found


def test_a_coronary_stenosis_is_told_with_its_artery_and_its_absence_is_a_no():
    rows = told(
        "Left coronary artery stenoses (RIVA): RIVA 70% proximal",
        "Right coronary artery stenoses (RCA): No stenoses",
    )

    assert ("386139002", "RIVA 70% proximal") in texts(rows)
    assert ("386139002", "373067005", "13647002") in evaluations(rows)


def test_medication_is_told_below_the_time_it_was_taken_at():
    rows = told(
        "Medication pre admission: Isosorbit-Dinitrate Digoxin",
        "In hospital medication: ASA, Heparin",
        "Medication after discharge: ASA",
        "Lytic agent: Gamma-TPA",
        "Dosage (lytic agent): 30 mg",
        "Acute infarction (localization): anterior",
    )

    medicines = [row for row in rows.dicts("text_item") if row["concept_code"] == "111516"]
    assert [row["text"] for row in medicines] == ["Isosorbit-Dinitrate Digoxin", "ASA", "Heparin", "ASA"]
    assert ("303960004", "Gamma-TPA") in texts(rows)
    assert ("260911001", 30.0, "mg", None) in measurements(rows)
    assert ("277132007", "426347000", None) in evaluations(rows)


def test_what_no_rule_knows_is_a_comment_and_what_is_not_known_is_nothing():
    rows = told("Shoe size: 43", "Favourite colour: n/a", "Aldomet, Inderal")

    assert [one for one in texts(rows) if one[0] == "121106"] == [
        ("121106", "Shoe size: 43"),
        ("121106", "Aldomet, Inderal"),
    ]


def test_measurements_of_the_source_stand_first_and_what_a_template_demands_is_said_to_be_unknown():
    rows = told(
        measures=(
            Measure(codes.QTC, Decimal(441), "ms"),
            Measure(codes.VENTRICULAR_RATE, Decimal(72), "{H.B.}/min"),
            Measure(codes.QRS_AXIS, Decimal(-30), "deg"),
        )
    )

    found = table(rows, "measurement", "concept_code", "value", "unit_code", "qualifier_code")
    assert ("2:16016", 72.0, "{H.B.}/min", None) in found
    assert ("2:15876", 441.0, "ms", None) in found
    assert ("2:16132", -30.0, "deg", None) in found
    assert [row[3] for row in found if row[0] in ("2:16160", "2:15872", "2:16156", "2:16168")] == [
        "114010"
    ] * 4


def test_an_interpretation_is_findings_in_words_and_codes():
    rows = told(interpretation=("Normal sinus rhythm", "Possible inferior infarct", "59118001", "123456"))

    assert [one for one in evaluations(rows) if one[0] == "121071"] == [
        ("121071", "64730000", None),
        ("121071", "59118001", None),
    ]
    assert [one[1] for one in texts(rows) if one[0] == "121071"] == [
        "Normal sinus rhythm",
        "Possible inferior infarct",
        "123456",
    ]


@pytest.mark.parametrize(
    ("subject", "age", "sex"),
    [
        (Subject(sex="M", age=(Decimal(7), "mo")), ("121033", 7.0, "mo"), "M"),
        (Subject(), ("121033", None, None), "U"),
    ],
)
def test_age_and_sex_are_stated_even_where_they_are_unknown(subject, age, sex):
    rows = told(subject=subject)

    assert table(rows, "measurement", "concept_code", "value", "unit_code")[0] == age
    assert ("121032", sex, None) in evaluations(rows)


def test_body_and_pressure_of_the_header_are_characteristics():
    body = Subject(
        height_cm=Decimal(180),
        weight_kg=Decimal("81.5"),
        systolic_mmhg=Decimal(120),
        diastolic_mmhg=Decimal(75),
    )

    found = {row[:3] for row in measurements(told(subject=body))}

    assert {("8302-2", 180.0, "cm"), ("29463-7", 81.5, "kg")} <= found
    assert {("271649006", 120.0, "mm[Hg]"), ("271650006", 75.0, "mm[Hg]")} <= found


def test_the_report_refers_to_the_waveform_and_names_its_device():
    rows = told("Smoker: no", device=Device("Mortara", "Eli 250", "77"), moment=datetime(1990, 10, 1, 8, 30))

    references = table(rows, "reference", "target_sop_instance_uid")
    assert "2.25.3" in references
    assert ("121013", "Mortara Eli 250") in texts(rows)
    assert ("121122", "Eli 250 77") in texts(rows)


def test_an_ecg_of_which_nothing_is_told_has_no_report():
    assert not says_anything(recorded())
    assert says_anything(recorded("Smoker: no"))
    assert says_anything(recorded(subject=Subject(age=(Decimal(3), "a"))))
