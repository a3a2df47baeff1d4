"""Objects of ECGs of every format as readers see them: pydicom, highdicom, our own flattening.

What dciodvfy, dsrdump and the templates have against them is in `test_matrix`.
"""

from __future__ import annotations

from pathlib import Path

import highdicom
import numpy as np
import pytest
from pydicom import Dataset, dcmread

from ecg_files import samples
from ecg_made import FILES
from ecg_made import objects as objects_of
from flattened import ANYWHERE
from orthanc_cohorts.flatten import flatten_bytes
from orthanc_cohorts.learning.waveform import waveform

REPORTED = [kind for kind in FILES if kind not in ("csv", "aecg")]
"""Files that say more than samples."""


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """The objects of each kind of file: the waveform first, then the report where there is one."""
    return {kind: objects_of(tmp_path_factory.mktemp("ecg"), kind) for kind in FILES}


@pytest.mark.parametrize("kind", FILES)
def test_pydicom_reads_as_many_samples_as_there_are(objects: dict[str, list[Path]], kind: str) -> None:
    ds = dcmread(objects[kind][0])

    for number, group in enumerate(ds.WaveformSequence):
        array = ds.waveform_array(number)
        assert array.shape == (group.NumberOfWaveformSamples, group.NumberOfWaveformChannels)


def test_our_reader_of_waveforms_finds_a_gap_wherever_the_source_has_one(
    objects: dict[str, list[Path]],
) -> None:
    found = waveform(dcmread(objects["csv"][0]))

    gaps = (np.add.outer(np.arange(12), np.arange(1000)) % 97) == 0
    assert (np.isnan(found.samples) == gaps).all()
    assert (found.samples[~gaps] == samples(12, 1000).T[~gaps]).all()
    assert set(found.units) == {"uV"}


@pytest.mark.parametrize("kind", REPORTED)
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


@pytest.mark.parametrize("kind", FILES)
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
