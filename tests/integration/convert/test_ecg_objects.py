"""Objects of every format of ECG before those who check DICOM: dciodvfy, DCMTK, highdicom, our own templates.

Named exceptions of dciodvfy stand below, each with its reason.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import highdicom
import numpy as np
import pytest
import wfdb
from pydicom import Dataset, dcmread

from ecg_files import (
    EIGHT,
    MUSE_HEAD,
    PTB_LINES,
    SCP_MORE,
    SCP_TAGS,
    TWELVE,
    aecg_xml,
    muse_xml,
    samples,
    scp_file,
    write_record,
)
from flattened import ANYWHERE
from orthanc_cohorts.convert.ecg.conversion import write
from orthanc_cohorts.convert.ecg.formats import read
from orthanc_cohorts.convert.ecg.selection import selected
from orthanc_cohorts.convert.ecg.table import TableFormat
from orthanc_cohorts.convert.header import Context, Patient, Series, Study, study_uid
from orthanc_cohorts.convert.outbox import Outbox
from orthanc_cohorts.errors import UnknownContextGroup
from orthanc_cohorts.flatten import flatten_bytes
from orthanc_cohorts.harmonise import canonical_concept, context_group
from orthanc_cohorts.templates import check, items_of

EXCEPTIONS = {
    ("wfdb 2 kHz", "Error - Information Object Not found"): "its edition has no General 32-bit ECG (2024)",
}
"""Kind of file and line of dciodvfy that is no mistake of ours, to the reason."""


def files(folder: Path) -> dict[str, Path]:
    """Write one file of each kind."""
    twelve = samples(12, 1000)
    found = {
        "wfdb": write_record(
            folder, "ptb", samples(15, 20_000), [*TWELVE, "vx", "vy", "vz"], 1000, comments=PTB_LINES
        ),
        "wfdb 100 Hz": write_record(folder, "slow", twelve, hz=100, comments=PTB_LINES),
        "wfdb 2 kHz": write_record(folder, "fast", twelve, hz=2000, comments=PTB_LINES),
        "annotated": write_record(folder, "noted", twelve, comments=PTB_LINES),
        "csv": folder / "table.csv",
        "aecg": folder / "aecg.xml",
        "scp": folder / "e.scp",
        "muse": folder / "muse.xml",
    }
    wfdb.wrann("noted", "atr", np.array([5, 600]), ["N", "+"], aux_note=["", "(N"], write_dir=str(folder))
    cells = [
        ["" if (at + n) % 97 == 0 else str(one) for n, one in enumerate(row)] for at, row in enumerate(twelve)
    ]
    found["csv"].write_text("\n".join(",".join(row) for row in [TWELVE, *cells]))
    named = dict(zip(EIGHT, samples(8, 1000).T, strict=True))
    found["aecg"].write_bytes(aecg_xml(named))
    found["scp"].write_bytes(
        scp_file({k: v.tolist() for k, v in named.items()}, tags=SCP_TAGS, more=SCP_MORE)
    )
    found["muse"].write_bytes(muse_xml(named, {k: v[:300] for k, v in named.items()}, head=MUSE_HEAD))
    return found


KINDS = ("wfdb", "wfdb 100 Hz", "wfdb 2 kHz", "annotated", "csv", "aecg", "scp", "muse")


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """The objects of each kind of file: the waveform first, then the report where there is one."""
    folder = tmp_path_factory.mktemp("ecg")
    found = {}
    for kind, path in files(folder).items():
        recording = read(path, table=TableFormat(500, "uV"))
        recording = replace(recording, moment=recording.moment or date(2021, 3, 4))
        patient = Patient("P-1", "Somewhere", "Doe^Jane", "F")
        context = Context(patient, Study(study_uid(patient, kind), recording.moment), Series("", "ECG"))
        with Outbox(folder / kind) as outbox:
            write(selected(recording, path.name), context, outbox, path.name)
        found[kind] = sorted((folder / kind).rglob("*.dcm"))
    return found


def errors(kind: str, path: Path) -> list[str]:
    said = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
    lines = (said.stdout + said.stderr).splitlines()
    return [line for line in lines if line.startswith("Error") and (kind, line) not in EXCEPTIONS]


def value_set(cid: int) -> frozenset[str] | None:
    try:
        return context_group(cid)
    except UnknownContextGroup:
        return None


@pytest.mark.parametrize("kind", KINDS)
def test_dciodvfy_finds_no_error(objects: dict[str, list[Path]], kind: str) -> None:
    assert {path.name: found for path in objects[kind] if (found := errors(kind, path))} == {}


@pytest.mark.parametrize("kind", ["wfdb", "wfdb 100 Hz", "annotated", "scp", "muse"])
def test_a_report_is_printed_by_dcmtk_and_read_by_our_template_check(
    objects: dict[str, list[Path]], kind: str
) -> None:
    """Not "wfdb 2 kHz": dsrdump 3.6 refuses references to General 32-bit ECGs, which it does not know."""
    report = objects[kind][-1]

    printed = subprocess.run(["dsrdump", str(report)], capture_output=True, text=True, check=False)
    rows = flatten_bytes(report.read_bytes(), ANYWHERE)
    findings = check(items_of(rows["content_item"]), canonical_concept, value_set)

    assert printed.returncode == 0, printed.stderr
    assert "ECG Report" in printed.stdout
    assert [line for line in printed.stderr.splitlines() if line.startswith("E:")] == []
    assert findings == []
    assert rows["problem"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_pydicom_reads_as_many_samples_as_there_are(objects: dict[str, list[Path]], kind: str) -> None:
    ds = dcmread(objects[kind][0])

    for number, group in enumerate(ds.WaveformSequence):
        array = ds.waveform_array(number)
        assert array.shape == (group.NumberOfWaveformSamples, group.NumberOfWaveformChannels)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("csv", "aecg")])
def test_highdicom_reads_the_content_but_for_what_it_does_not_know(
    objects: dict[str, list[Path]], kind: str
) -> None:
    """highdicom 0.28 knows no WAVEFORM items (KeyError) and no NUM without a value (IndexError)."""
    ds = dcmread(objects[kind][-1])
    _leave_out(ds)

    read_back = highdicom.sr.ComprehensiveSR.from_dataset(ds)

    assert read_back.content[0].name.value == "11524-0"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("wfdb", "General ECG Waveform Storage"),
        ("wfdb 100 Hz", "Ambulatory ECG Waveform Storage"),
        ("wfdb 2 kHz", "General 32-bit ECG Waveform Storage"),
        ("annotated", "12-lead ECG Waveform Storage"),
        ("csv", "12-lead ECG Waveform Storage"),
        ("aecg", "12-lead ECG Waveform Storage"),
        ("scp", "12-lead ECG Waveform Storage"),
        ("muse", "12-lead ECG Waveform Storage"),
    ],
)
def test_each_is_of_the_class_that_its_shape_asks_for(
    objects: dict[str, list[Path]], kind: str, name: str
) -> None:
    assert dcmread(objects[kind][0]).SOPClassUID.name == name


@pytest.mark.parametrize("kind", KINDS)
def test_waveforms_flatten_to_rows_with_code_and_unit_of_every_channel(
    objects: dict[str, list[Path]], kind: str
) -> None:
    rows = flatten_bytes(objects[kind][0].read_bytes(), ANYWHERE)

    channels = list(rows.dicts("waveform_channel"))
    assert {row["source_scheme"] for row in channels} == {"MDC"}
    assert {row["unit_code"] for row in channels} == {"uV"}
    assert rows["problem"] == []


def _leave_out(parent: Dataset) -> None:
    """Take the items out of a tree that highdicom does not know, and what has no items then."""
    kept = []
    for one in parent.ContentSequence:
        if "ContentSequence" in one:
            _leave_out(one)
        if one.ValueType != "WAVEFORM" and (one.ValueType != "NUM" or len(one.MeasuredValueSequence)):
            kept.append(one)
    parent.ContentSequence = kept
