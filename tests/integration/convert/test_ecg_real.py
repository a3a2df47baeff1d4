"""The real record of PTB's database beside the checkout: bit for bit, and all it states can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import wfdb
from pydicom import dcmread
from typer.testing import CliRunner

from orthanc_cohorts.cli.main import app
from orthanc_cohorts.cohort import Engine, canonical, parse
from orthanc_cohorts.flatten import Stored, flatten_bytes
from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.store import Batch, Index

ASKED: dict[str, dict[str, Any]] = {
    "acute infarction": {"op": "evaluation", "value": "SCT|57054005"},
    "acute infarction of the inferolateral wall": {
        "op": "evaluation",
        "value": "SCT|57054005",
        "site": "SCT|16239001",
    },
    "localization in words": {"op": "text", "concept": "SCT|363698007", "contains": ["infero"]},
    "admitted for an infarction": {"op": "evaluation", "concept": "DCM|121071", "value": "SCT|22298006"},
    "no former infarction": {"op": "evaluation", "concept": "SCT|399211009", "value": "SCT|373067005"},
    "diabetes": {"op": "evaluation", "value": "SCT|73211009"},
    "diabetes in words": {"op": "text", "contains": ["diabetes"]},
    "no smoker": {"op": "evaluation", "concept": "SCT|365981007", "value": "SCT|266919005"},
    "one vessel": {"op": "measurement", "concept": "DCM|122762", "value": {"eq": 1, "unit": "1"}},
    "systolic pressure": {
        "op": "measurement",
        "concept": "SCT|271649006",
        "value": {"ge": 140, "le": 140, "unit": "mm[Hg]"},
    },
    "diastolic pressure in kPa": {
        "op": "measurement",
        "concept": "SCT|271650006",
        "value": {"ge": 10.6, "le": 10.7, "unit": "kPa"},
    },
    "pressure in the aorta": {
        "op": "measurement",
        "concept": "LN|8480-6",
        "site": "SCT|15825003",
        "value": {"eq": 160, "unit": "cm[H2O]"},
    },
    "end-diastolic pressure": {"op": "measurement", "concept": "SCT|276781007"},
    "age": {"op": "measurement", "concept": "DCM|121033", "value": {"eq": 81, "unit": "a"}},
    "age of the patient": {"op": "patient", "sex": "F", "age": {"eq": 81, "unit": "a"}},
    "digoxin": {"op": "text", "concept": "DCM|111516", "contains": ["digoxin"]},
    "digoxin before admission": {"op": "text", "section": "LN|42346-7", "contains": ["digoxin"]},
    "lytic agent": {"op": "text", "concept": "SCT|303960004", "contains": ["TPA"]},
    "lysis": {"op": "evaluation", "concept": "SCT|277132007", "value": "SCT|426347000"},
    "its dosage": {"op": "measurement", "concept": "SCT|260911001", "value": {"eq": 30, "unit": "mg"}},
    "catheterization": {"op": "evaluation", "concept": "SCT|387713003", "value": "SCT|41976001"},
    "ventriculography": {"op": "text", "concept": "SCT|252426003", "contains": ["akinesia"]},
    "chest X-ray": {"op": "text", "concept": "SCT|399208008", "contains": ["heart size"]},
    "stenosis of the RIVA": {"op": "text", "concept": "SCT|386139002", "contains": ["RIVA"]},
    "no stenosis of the right artery": {
        "op": "evaluation",
        "concept": "SCT|386139002",
        "value": "SCT|373067005",
        "site": "SCT|13647002",
    },
    "two days after the infarction": {
        "op": "temporal",
        "first": {"op": "evaluation", "value": "SCT|57054005"},
        "second": {"op": "waveform"},
        "days": {"ge": 2, "le": 2},
    },
    "fifteen days before the catheterization": {
        "op": "temporal",
        "first": {"op": "waveform"},
        "second": {"op": "evaluation", "value": "SCT|41976001"},
        "days": {"ge": 15, "le": 15},
    },
    "when": {"op": "study", "date": {"ge": "1990-10-01", "le": "1990-10-01"}},
    "fifteen leads": {"op": "waveform", "channels": {"eq": 15}},
    "report": {"op": "document", "title": "LN|11524-0"},
}
"""What its header states, as questions."""


@pytest.fixture(scope="module")
def record(checkout: Path) -> Path:
    """The header of the record; skips where it is not beside the checkout."""
    path = checkout.parent / "shared" / "ecg" / "s0010_re.hea"
    if not path.is_file():
        pytest.skip("the real ECG (../shared/ecg) is not beside this checkout")
    return path


@pytest.fixture(scope="module")
def objects(record: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Its waveform and its report."""
    out = tmp_path_factory.mktemp("real")
    words = [
        "convert",
        "ecg",
        str(record),
        "--patient-id",
        "patient001",
        "--issuer",
        "PTB",
        "--out",
        str(out),
    ]
    assert CliRunner().invoke(app, words).exit_code == 0
    return sorted(out.rglob("*.dcm"))


@pytest.fixture(scope="module")
def index(objects: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index of both objects."""
    rows = []
    for path in objects:
        ds = dcmread(path)
        name = orthanc_id(ds.PatientID, ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
        rows.append(flatten_bytes(path.read_bytes(), Stored(name)))
    index = Index.open(tmp_path_factory.mktemp("index"), threads=1, memory_limit="512MB")
    index.apply(Batch.of(rows))
    yield index
    index.close()


def test_the_samples_of_both_signal_files_are_those_that_wfdb_reads(
    record: Path, objects: list[Path]
) -> None:
    ds = dcmread(objects[0])
    theirs = wfdb.rdrecord(str(record.with_suffix("")), physical=False).d_signal

    raw = np.frombuffer(ds.WaveformSequence[0].WaveformData, "<i2").reshape(-1, 15)

    assert theirs.shape == (38400, 15)
    assert (raw == theirs).all()


def test_the_voltages_that_pydicom_computes_are_those_of_wfdb(record: Path, objects: list[Path]) -> None:
    theirs = wfdb.rdrecord(str(record.with_suffix("")))

    ours = dcmread(objects[0]).waveform_array(0)

    assert set(theirs.units) == {"mV"}
    assert np.abs(ours - theirs.p_signal * 1000).max() < 1e-9


def test_fifteen_leads_have_their_codes_and_are_a_general_ecg(objects: list[Path]) -> None:
    ds = dcmread(objects[0])

    channels = ds.WaveformSequence[0].ChannelDefinitionSequence
    assert ds.SOPClassUID.name == "General ECG Waveform Storage"
    assert [one.ChannelSourceSequence[0].CodeValue for one in channels] == [
        "2:1", "2:2", "2:61", "2:62", "2:63", "2:64", "2:3", "2:4", "2:5", "2:6", "2:7", "2:8",
        "2:16", "2:17", "2:18",
    ]  # fmt: skip
    assert ds.WaveformSequence[0].SamplingFrequency == 1000


@pytest.mark.parametrize("what", ASKED)
def test_what_the_header_states_can_be_asked_for(index: Index, what: str) -> None:
    definition = parse({"version": 1, "unit": "patient", "where": ASKED[what]})

    with index.read() as snapshot:
        answer = Engine().answer(snapshot, canonical(definition))

    assert answer.count == 1


@pytest.mark.parametrize(
    "clause",
    [
        {"op": "evaluation", "concept": "SCT|365981007", "value": "SCT|77176002"},
        {"op": "evaluation", "value": "SCT|399211009"},
        {"op": "measurement", "concept": "SCT|271649006", "value": {"gt": 140, "unit": "mm[Hg]"}},
        {"op": "measurement", "concept": "SCT|82799009"},
        {"op": "text", "section": "LN|10183-2", "contains": ["digoxin"]},
    ],
)
def test_what_the_header_does_not_state_is_not_found(index: Index, clause: dict[str, Any]) -> None:
    with index.read() as snapshot:
        answer = Engine().answer(
            snapshot, canonical(parse({"version": 1, "unit": "patient", "where": clause}))
        )

    assert answer.count == 0
