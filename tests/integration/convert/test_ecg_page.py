"""The example of docs/conversion/ecg.md does what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from pydicom import dcmread
from typer.testing import CliRunner

from orthanc_cohorts.cli.main import app
from orthanc_cohorts.convert.ecg.shape import KINDS

PAGE = Path(__file__).parents[3] / "docs" / "conversion" / "ecg.md"


def test_the_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = PAGE.read_text(encoding="utf-8")
    table, command = (re.search(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("csv", "sh"))
    assert table and command
    monkeypatch.chdir(tmp_path)
    (tmp_path / "strip.csv").write_text(table[1], encoding="utf-8")

    done = CliRunner().invoke(app, shlex.split(command[1])[1:])

    assert done.exit_code == 0, done.output
    (path,) = (tmp_path / "dicom" / "P-17").rglob("ecg.dcm")
    ds = dcmread(path)
    group = ds.WaveformSequence[0]
    assert ds.SOPClassUID.name == "12-lead ECG Waveform Storage"
    assert (group.NumberOfWaveformChannels, group.SamplingFrequency) == (2, 500)
    assert {one.ChannelSensitivity for one in group.ChannelDefinitionSequence} == {5}
    assert ds.waveform_array(0).tolist() == [[-5, 110], [15, 125], [250, 640], [20, 130]]


def test_the_table_of_objects_is_that_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")

    rows = re.findall(
        r"^\| ([\w -]+ECG) \| (\d+) \| (\d+) \| ([\w,]+) \| ([\w ]+) \| (\d+) \|$", page, re.MULTILINE
    )

    assert [(name, int(channels), int(groups), int(bits)) for name, channels, groups, _, _, bits in rows] == [
        (one.name, one.channels, one.groups, one.bits) for one in KINDS.values()
    ]
    assert [row[3].replace(",", "") for row in rows] == [
        "any" if one.samples is None else str(one.samples) for one in KINDS.values()
    ]
    assert [row[4] for row in rows] == [
        "any" if one.bits == 32 else f"{one.low_hz} to {one.high_hz}" for one in KINDS.values()
    ]
