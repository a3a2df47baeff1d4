"""The command `convert ecg`: files in, objects or clear messages out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydicom import dcmread

from ecg_files import EIGHT, PTB_LINES, TWELVE, muse_xml, samples, write_record


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orthanc_cohorts", "convert", "ecg", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def objects(out: Path) -> list[Path]:
    return sorted(out.rglob("*.dcm"))


def test_a_record_becomes_a_waveform_and_a_report_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    record = write_record(tmp_path, "r", samples(12), comments=PTB_LINES)
    asked = (record, "--patient-id", "P-1", "--issuer", "Site", "--out", tmp_path / "out")

    first, before = run(*asked), {path: path.read_bytes() for path in objects(tmp_path / "out")}
    second, after = run(*asked), {path: path.read_bytes() for path in objects(tmp_path / "out")}

    assert first.returncode == second.returncode == 0, first.stderr
    assert "2 new, 0 changed, 0 unchanged" in first.stdout
    assert "0 new, 0 changed, 2 unchanged" in second.stdout
    assert before == after
    trace, report = (dcmread(path) for path in before)
    assert trace.StudyInstanceUID == report.StudyInstanceUID
    assert (trace.PatientID, trace.PatientSex, trace.PatientAge) == ("P-1", "F", "063Y")
    assert trace.StudyDate == "20210304"
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert evidence.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == trace.SOPInstanceUID


def test_leads_without_a_code_are_one_message_each_and_nothing_is_written(tmp_path: Path) -> None:
    record = write_record(tmp_path, "r", samples(3), ["I", "ECG1", "RESP"], units=["mV", "mV", "NU"])

    found = run(record, "--patient-id", "P", "--time", "2021-03-04", "--out", tmp_path / "out")

    assert found.returncode == 2
    lines = found.stderr.removeprefix("orthanc-cohorts: ").splitlines()
    assert [re.sub(r";.*", "", line) for line in lines] == [
        "r.hea: lead 'ECG1' has no code",
        "r.hea: lead 'RESP' has no code",
        "r.hea: lead 'RESP' is measured in 'NU', which is no voltage",
    ]
    assert objects(tmp_path / "out") == []


def test_options_give_codes_leave_leads_out_and_say_when(tmp_path: Path) -> None:
    record = write_record(tmp_path, "r", samples(3), ["I", "ECG1", "RESP"], units=["mV", "mV", "NU"])

    found = run(
        record, "--patient-id", "P", "--time", "2021-03-04T05:06:07", "--lead", "ECG1=MDC|2:7",
        "--without", "RESP", "--out", tmp_path / "out",
    )  # fmt: skip

    assert found.returncode == 0, found.stderr
    (path,) = objects(tmp_path / "out")
    ds = dcmread(path)
    channels = ds.WaveformSequence[0].ChannelDefinitionSequence
    assert [one.ChannelSourceSequence[0].CodeValue for one in channels] == ["2:1", "2:7"]
    assert (ds.StudyDate, ds.StudyTime, ds.AcquisitionDateTime) == ("20210304", "050607", "20210304050607")


def test_the_problems_of_all_files_are_told_at_once_and_no_file_is_written(tmp_path: Path) -> None:
    good = write_record(tmp_path, "good", samples(12), comments=PTB_LINES)
    bad = write_record(tmp_path, "bad", samples(2), ["A1", "A2"], comments=PTB_LINES)

    found = run(good, bad, tmp_path / "none.xml", "--patient-id", "P", "--out", tmp_path / "out")

    assert found.returncode == 2
    assert [word in found.stderr for word in ("'A1'", "'A2'", "none.xml: there is no such file")] == [
        True
    ] * 3
    assert objects(tmp_path / "out") == []


def test_twelve_leads_are_demanded_of_more_and_refused_with_every_reason(tmp_path: Path) -> None:
    values, labels = samples(15, 17_000), [*TWELVE, "vx", "vy", "vz"]
    record = write_record(tmp_path, "r", values, labels, comments=PTB_LINES)
    asked = (record, "--patient-id", "P", "--out", tmp_path / "out")

    refused, taken = run(*asked, "--sop-class", "12-lead"), run(*asked)

    assert refused.returncode == 2
    assert "15 leads taken together" in refused.stderr
    assert "17000 samples" in refused.stderr
    assert taken.returncode == 0
    assert dcmread(objects(tmp_path / "out")[0]).SOPClassUID.name == "General ECG Waveform Storage"


def test_a_file_that_names_its_patient_needs_no_option_and_another_id_hides_the_name(tmp_path: Path) -> None:
    path = tmp_path / "m.xml"
    head = (
        "<PatientDemographics><PatientID>4711</PatientID><Gender>MALE</Gender><DateofBirth>12-24-1957"
        "</DateofBirth><PatientLastName>Doe</PatientLastName></PatientDemographics>"
        "<TestDemographics><AcquisitionDate>03-04-2021</AcquisitionDate></TestDemographics>"
    )
    path.write_bytes(muse_xml(dict(zip(EIGHT, samples(8).T, strict=True)), head=head))

    found = run(path, "--out", tmp_path / "out")
    pseudonym = run(path, "--patient-id", "X", "--out", tmp_path / "pseudonym")
    other = run(path, "--patient-id", "X", "--sex", "F", "--out", tmp_path / "other")

    assert found.returncode == 0, found.stderr
    ds = dcmread(objects(tmp_path / "out")[0])
    assert (ds.PatientID, ds.PatientName, ds.PatientBirthDate, ds.PatientSex) == (
        "4711",
        "Doe",
        "19571224",
        "M",
    )
    assert pseudonym.returncode == 0
    ds = dcmread(objects(tmp_path / "pseudonym")[0])
    assert (ds.PatientID, ds.PatientName, ds.PatientBirthDate, ds.PatientSex) == ("X", "", "", "M")
    assert other.returncode == 2
    assert "its header says sex M, the patient has F" in other.stderr


def test_an_ecg_beside_an_object_is_of_its_study(tmp_path: Path) -> None:
    first = write_record(tmp_path, "one", samples(12), comments=PTB_LINES)
    second = write_record(tmp_path, "two", samples(12, seed=2), comments=PTB_LINES)
    assert run(first, "--patient-id", "P", "--out", tmp_path / "out").returncode == 0
    trace = dcmread(objects(tmp_path / "out")[0])

    found = run(second, "--beside", objects(tmp_path / "out")[0], "--out", tmp_path / "beside")

    assert found.returncode == 0, found.stderr
    ds = dcmread(objects(tmp_path / "beside")[0])
    assert (ds.StudyInstanceUID, ds.PatientID) == (trace.StudyInstanceUID, "P")
    assert ds.SeriesInstanceUID != trace.SeriesInstanceUID


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--time", "yesterday"), "--time yesterday"),
        (("--lead", "I"), "--lead I: write LABEL=CODE"),
        (("--lead", "I=nothing"), "--lead I=nothing"),
        ((), "name the patient with --patient-id"),
    ],
)
def test_options_that_say_nothing_are_told_so(tmp_path: Path, words: tuple[str, ...], what: str) -> None:
    record = write_record(tmp_path, "r", samples(12), comments=PTB_LINES)

    found = run(record, *words, "--out", tmp_path / "out")

    assert found.returncode == 2
    assert what in found.stderr
    assert "Traceback" not in found.stderr


def test_a_table_is_read_as_the_options_say(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("clock;I;II\n0;0,5;1\n2;1,5;-2\n")

    found = run(
        path, "--patient-id", "P", "--time", "2021-03-04", "--unit", "mV", "--time-column", "clock",
        "--sampling-hz", "500", "--out", tmp_path / "out",
    )  # fmt: skip

    assert found.returncode == 2, found.stdout
    assert "its time says 0.5 Hz, --sampling-hz 500 Hz" in found.stderr
