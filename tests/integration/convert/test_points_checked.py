"""Reports of points as other people's software sees them, written by the command from the page's example."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import highdicom as hd
import jsonschema
import pytest
import yaml
from pydicom import dcmread
from pydicom.dataset import Dataset

from orthanc_cohorts.convert.demo.study import plan_patient
from orthanc_cohorts.convert.demo.write import patient_objects
from points_made import MARKUPS

COMMAND = [sys.executable, "-m", "orthanc_cohorts"]


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )


def _blocks(checkout: Path, language: str) -> list[str]:
    page = (checkout / "docs/conversion/points.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> list[Path]:
    """The reports of the example of the page, and of markups of 3D Slicer, on a generated CT series."""
    folder = tmp_path_factory.mktemp("points")
    ct = folder / "ct"
    ct.mkdir()
    slices = [ds for name, ds in patient_objects(plan_patient(1)) if ds.Modality == "CT"]
    first = slices[0].SeriesInstanceUID
    for number, ds in enumerate(one for one in slices if one.SeriesInstanceUID == first):
        ds.save_as(ct / f"{number}.dcm", enforce_file_format=True)
    (folder / "lesions.csv").write_text(_blocks(checkout, "csv")[0])
    (folder / "points.yaml").write_text(_blocks(checkout, "yaml")[0])
    (folder / "m.mrk.json").write_text(MARKUPS)
    [command] = _blocks(checkout, "sh")
    arguments = [folder / word if (folder / word).exists() else word for word in command.split()[1:-1]]
    done = _run(*arguments[:3], folder / "m.mrk.json", *arguments[3:], folder / "dicom")
    assert done.returncode == 0, done.stderr
    assert "2 new, 0 changed, 0 unchanged" in done.stdout
    assert "single precision" in done.stdout
    return sorted((folder / "dicom").rglob("*.dcm"))


def test_dsrdump_prints_the_whole_tree(written: list[Path]) -> None:
    for path in written:
        done = subprocess.run(["dsrdump", str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        items = [one for one in _items(dcmread(path)) if one.ValueType == "SCOORD3D"]
        assert done.stdout.count("SCOORD3D") == len(items) > 0


def _items(ds: Dataset) -> list[Dataset]:
    """Return all content items below an item."""
    return [found for one in ds.get("ContentSequence", []) for found in (one, *_items(one))]


def test_highdicom_reads_the_example_back(written: list[Path]) -> None:
    [path] = [one for one in written if one.name.startswith("lesions")]
    report = hd.sr.srread(path).content

    volumes = report.get_volumetric_roi_measurement_groups()
    landmarks = report.get_planar_roi_measurement_groups()

    assert [one.roi[0].value.tolist() for one in volumes] == [
        [[12.25, -8.5, 101.125]],
        [[14.5, -3.75, 99.875]],
    ]
    assert [one.get_measurements()[0].value for one in volumes] == [34.7, 8.25]
    assert [(one.tracking_identifier, one.roi.value.tolist()) for one in landmarks] == [
        ("NCC", [[10.0, -4.5, 97.25]])
    ]


def test_bad_input_is_a_line_for_each_problem_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("label;x;y;z\na;1;2;3\n")
    (tmp_path / "b.csv").write_text("label,x,y,z\na,1,2,3\na,1,two,3\n")
    out = tmp_path / "out"

    done = _run(
        "convert", "points", tmp_path / "a.csv", tmp_path / "b.csv", "--out", out, "--patient-id", "P1",
        "--time", "2024-05-02", "--frame-of-reference", "1.2.3", "--coordinate-system", "RAS",
    )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "orthanc-cohorts: a.csv, row 1: is separated by ';', not ','; say `delimiter` in the mapping",
        "b.csv, row 3, column y: 'two' is no number",
    ]
    assert not out.exists()


def test_the_schema_of_the_mapping_takes_the_example(checkout: Path) -> None:
    schema = json.loads(_run("convert", "points", "--schema").stdout)
    example = yaml.safe_load(_blocks(checkout, "yaml")[0])

    jsonschema.validate(example, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**example, "rule": []}, schema)
