"""Datasets through a real Orthanc by the commands: freeze, get, verify, fetch, forget; read for training."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from pydicom import dcmread

from orthanc import states
from orthanc.conftest import Start
from orthanc.harness import Orthanc
from orthanc_cohorts.datasets.places import places
from orthanc_cohorts.learning import open_dataset

pytest.importorskip("highdicom")

from orthanc_cohorts.convert.demo.ecg import MICROVOLT_PER_BIT, samples_of
from orthanc_cohorts.convert.demo.plan import PatientPlan
from orthanc_cohorts.convert.demo.study import plan_patient
from orthanc_cohorts.convert.demo.write import patient_objects


def series(modality: str) -> dict[str, Any]:
    return {"op": "series", "modality": modality}


DEFINITION: dict[str, Any] = {
    "version": 1,
    "name": "valves",
    "cohort": {"version": 1, "unit": "patient", "where": {"op": "segment", "region": "SCT|34202007"}},
    "columns": [
        {"name": "sex", "of": {"op": "patient"}, "field": "sex"},
        {"name": "ecgs", "of": series("ECG"), "pick": "count"},
    ],
    "series": [
        {"name": "ct", "of": series("CT")},
        {"name": "seg", "of": series("SEG")},
        {"name": "ecg", "of": series("ECG"), "pick": "first"},
    ],
    "label": "sex",
    "split": {},
}


def plans() -> list[PatientPlan]:
    """Five patients with one CT series, its segmentation with calcium, and an ECG."""
    found = (
        plan
        for plan in map(plan_patient, range(1, 200))
        if plan.ct is not None and plan.segmented and not plan.ct.native and plan.ct.blobs
        if plan.person.patient_id and any(ecg.recorded for ecg in plan.ecgs)
    )
    return [next(found) for _ in range(5)]


def command(*arguments: str | Path, orthanc: Orthanc | None = None) -> list[str]:
    at = [] if orthanc is None else ["--url", f"http://127.0.0.1:{orthanc.http_port}"]
    return [sys.executable, "-m", "orthanc_cohorts", "dataset", *map(str, arguments), *at]


def run(
    *arguments: str | Path, orthanc: Orthanc | None = None, status: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(*arguments, orthanc=orthanc), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == status, done.stderr + done.stdout
    return done


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.fixture
def filled(start_orthanc: Start) -> Iterator[Orthanc]:
    orthanc = start_orthanc(cohorts={**states.FAST, "DatasetPolicy": "keep"})
    orthanc.wait_ready()
    for plan in plans():
        for name, ds in patient_objects(plan):
            if "measurements" in name or "report" in name or "history" in name:
                continue
            buffer = io.BytesIO()
            ds.save_as(buffer, enforce_file_format=True)
            orthanc.store(buffer.getvalue())
    states.settle(orthanc)
    yield orthanc


def definition(folder: Path, **more: Any) -> Path:
    path = folder / f"{more.get('name', 'valves')}.json"
    path.write_text(json.dumps({**DEFINITION, **more}), encoding="utf-8")
    return path


def killed_at(place: Path, whole: int, out: Path, arguments: Sequence[str]) -> None:
    """Run a fetch that halts at one file, and kill it without warning; that many files are whole then."""
    part = place.with_name(place.name + ".part")
    part.parent.mkdir(parents=True)
    # Opening a pipe for writing waits for a reader, who never comes.
    os.mkfifo(part)
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while len(list(out.rglob("*.dcm"))) < whole:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    part.unlink()
    part.write_bytes(b"half of a file")


def test_a_dataset_is_frozen_got_fetched_and_read(filled: Orthanc, tmp_path: Path) -> None:
    asked = definition(tmp_path)
    first = json.loads(run("freeze", asked, "--out", tmp_path / "a", "--json", orthanc=filled).stdout)
    again = run("freeze", asked, "--out", tmp_path / "b", orthanc=filled)
    other = run("freeze", definition(tmp_path, name="other"), "--out", tmp_path / "c", orthanc=filled)
    run("get", "valves", "1", "--out", tmp_path / "d", orthanc=filled)

    # The same dataset twice is one version; under another name its tables are the same bytes.
    assert again.stdout.splitlines()[0] == "valves version 1" and first["rows"] == 5
    assert other.stdout.splitlines()[0] == "other version 1"
    assert files(tmp_path / "a") == files(tmp_path / "b") == files(tmp_path / "d")
    for name in ("table.parquet", "manifest.parquet", "definition.json"):
        assert files(tmp_path / "a")[name] == files(tmp_path / "c")[name]
    listed = json.loads(run("list", "--json", "--data-directory", filled.data_directory).stdout)
    assert [one["name"] for one in listed] == ["other", "valves"]
    run("get", "valves", "7", "--out", tmp_path / "e", orthanc=filled, status=2)
    run("get", "valves", "--out", tmp_path / "c", orthanc=filled, status=2)

    resumable(filled, tmp_path, first["instances"])
    readable(tmp_path / "a", tmp_path / "dicom")

    table = tmp_path / "b" / "table.parquet"
    table.write_bytes(bytes([*table.read_bytes()[:-9], 1, *table.read_bytes()[-8:]]))
    assert "table.parquet: changed" in run("verify", tmp_path / "b", status=1).stdout
    run("verify", tmp_path / "d")


def resumable(orthanc: Orthanc, folder: Path, instances: int) -> None:
    """A fetch that is killed goes on where it was; only what is missing or damaged is downloaded again."""
    out = folder / "dicom"
    fetch = ("fetch", folder / "a", "--out", out, "--json")
    whole = 20
    halted = places(pq.read_table(folder / "a" / "manifest.parquet"))[whole]
    killed_at(out / halted, whole, out, command(*fetch, "--jobs", "1", orthanc=orthanc))
    before = {path: path.stat().st_ino for path in out.rglob("*.dcm")}

    rest = json.loads(run(*fetch, orthanc=orthanc).stdout)
    assert (rest["kept"], rest["fetched"], rest["failed"]) == (whole, instances - whole, 0)
    assert {path: path.stat().st_ino for path in before} == before
    assert not list(out.rglob("*.part")) and len(list(out.rglob("*.dcm"))) == instances

    damaged, shortened, missing = sorted(out.rglob("*.dcm"))[:3]
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    os.truncate(shortened, 100)
    missing.unlink()
    healed = json.loads(run(*fetch, orthanc=orthanc).stdout)
    assert (healed["kept"], healed["fetched"]) == (instances - 3, 3)


def readable(folder: Path, fetched: Path) -> None:
    """CT, segmentation and ECG of every patient are what the plan drew, and lie on each other."""
    opened = {sample.id: sample for sample in open_dataset(folder, fetched)}
    for plan in plans():
        sample = opened[plan.person.patient_id]
        assert plan.ct is not None and sample.label == (plan.person.sex or None)
        volume = sample.one("ct").volume()
        masks = sample.one("seg").masks(of=volume, by="code")
        calcium = np.zeros(volume.array.shape, bool)
        calcium[tuple(np.array(sorted(plan.ct.calcium_voxels())).T)] = True
        np.testing.assert_array_equal(masks["SCT|18115005"], calcium)
        np.testing.assert_array_equal(volume.array > 700, calcium)
        ecg = next(ecg for ecg in plan.ecgs if ecg.recorded)
        traces = sample.one("ecg").waveform()
        np.testing.assert_array_equal(traces.samples, samples_of(plan.person, ecg).T * MICROVOLT_PER_BIT)
        assert sample.columns["ecgs"] == sum(ecg.recorded for ecg in plan.ecgs)


def test_a_pseudonymised_dataset_is_fetched_by_the_crosswalk_and_forgets_a_patient(
    filled: Orthanc, tmp_path: Path
) -> None:
    filled.cohorts["DatasetPolicy"] = "pseudonymise"
    filled.restart()
    states.settle(filled)
    run("freeze", definition(tmp_path), "--out", tmp_path / "a", orthanc=filled)

    by_folder = run("fetch", tmp_path / "a", "--out", tmp_path / "x", orthanc=filled)
    by_name = run("fetch", "valves", "--out", tmp_path / "y", orthanc=filled)
    addresses = run("fetch", "valves", "--dicomweb", "http://pacs/wado", orthanc=filled)

    assert "they name the patient" in by_folder.stderr and "original UIDs" in addresses.stderr
    assert "0 failed" in by_name.stdout and files(tmp_path / "x") == files(tmp_path / "y")
    names = " ".join(files(tmp_path / "x"))
    identities = [plan.person.patient_id for plan in plans()]
    assert not any(identity in names for identity in identities)
    samples = list(open_dataset(tmp_path / "a", tmp_path / "x"))
    shapes = {
        (
            sample.one("ct").volume().array.shape,
            sample.one("seg").masks(of=sample.one("ct").volume())[1].shape,
        )
        for sample in samples
    }
    assert len(samples) == 5 and all(ct == seg for ct, seg in shapes)
    urls = addresses.stdout.splitlines()
    held = {
        f"http://pacs/wado/studies/{tags['StudyInstanceUID']}/series/{tags['SeriesInstanceUID']}"
        f"/instances/{tags['SOPInstanceUID']}"
        for tags in (filled.get(f"/instances/{one}/simplified-tags").json() for one in filled.instances())
        if tags["Modality"] != "ECG" or any(tags["SOPInstanceUID"] in url for url in urls)
    }
    assert set(urls) == held and len(urls) == len(held)

    run("erase", identities[0], orthanc=filled, status=2)
    told = run("erase", identities[0], "--yes", orthanc=filled)
    assert told.stdout == "valves: version 1 erased; version 2 follows\n"
    refused = run("fetch", tmp_path / "a", "--out", tmp_path / "x", orthanc=filled, status=2)
    assert "version 2 follows it" in refused.stderr
    run("get", "valves", "--out", tmp_path / "b", orthanc=filled)
    assert len(open_dataset(tmp_path / "b", tmp_path / "x")) == 4


def test_what_cannot_be_had_is_listed_and_the_rest_is_fetched(filled: Orthanc, tmp_path: Path) -> None:
    twice = [*DEFINITION["series"], {"name": "again", "of": series("CT")}]
    run("freeze", definition(tmp_path, series=twice), "--out", tmp_path / "a", orthanc=filled)
    gone, changed, *_ = sorted(
        one
        for one in filled.instances()
        if filled.get(f"/instances/{one}/simplified-tags").json()["Modality"] == "SEG"
    )
    other = dcmread(io.BytesIO(filled.get(f"/instances/{changed}/file").content))
    other.ContentDescription = "drawn anew"
    buffer = io.BytesIO()
    other.save_as(buffer)
    for one in (gone, changed):
        filled.delete(f"/instances/{one}")
    assert filled.store(buffer.getvalue())["ID"] == changed

    done = run("fetch", tmp_path / "a", "--out", tmp_path / "x", orthanc=filled, status=1)
    inside = run("fetch", tmp_path / "a", "--out", tmp_path / "a" / "x", orthanc=filled, status=2)
    filled.terminate()
    silent = run("fetch", tmp_path / "a", "--out", tmp_path / "x", orthanc=filled, status=2)

    assert "2 failed" in done.stdout and "Orthanc does not hold it any more: 1" in done.stderr
    assert "it was overwritten since: 1" in done.stderr and not list((tmp_path / "x").rglob("*.part"))
    slices = list((tmp_path / "x").rglob("ct/*/*.dcm"))
    assert slices and all(one.samefile(str(one).replace("/ct/", "/again/")) for one in slices)
    assert "name a folder outside" in inside.stderr
    assert "does not answer" in silent.stderr and silent.stderr.count("\n") == 1


def told(orthanc: Orthanc, patient: str, name: str) -> list[str]:
    """Return the parts that Orthanc states of a patient for a dataset, as labels or as metadata."""
    if orthanc.get("/system").json().get("HasLabels"):
        labels = orthanc.get(f"/patients/{patient}/labels").json()
        return [one.removeprefix(f"{name}-") for one in labels if one.startswith(f"{name}-")]
    answer = orthanc.get(f"/patients/{patient}/metadata/4242")
    return [json.loads(answer.text)[name]] if answer.status_code == 200 else []


def test_the_part_of_each_patient_is_written_into_orthanc(filled: Orthanc, tmp_path: Path) -> None:
    parts: dict[str, dict[str, str]] = {}
    for name, salt in (("valves", ""), ("others", "x"), ("valves", "y")):
        asked = definition(tmp_path, name=name, split={"shares": {"train": 0.5, "test": 0.5}, "salt": salt})
        out = tmp_path / f"{name}{salt}"
        run("freeze", asked, "--out", out, orthanc=filled)
        said = run("label", name, orthanc=filled).stdout
        table = pq.read_table(out / "table.parquet")
        parts[name] = dict(zip(table["patient"].to_pylist(), table["split"].to_pylist(), strict=True))
        assert sum(int(line.split()[0]) for line in said.splitlines()) == 5 and "unknown" not in said

    patients = {
        orthanc_id: filled.get(f"/patients/{orthanc_id}").json()["MainDicomTags"]["PatientID"]
        for orthanc_id in filled.get("/patients").json()
    }
    for name, expected in parts.items():
        by_id = {patient.partition("^^^")[0]: part for patient, part in expected.items()}
        found = {patient: told(filled, orthanc_id, name) for orthanc_id, patient in patients.items()}
        assert found == {patient: [by_id[patient]] for patient in patients.values()}
    run("freeze", definition(tmp_path, name="whole", split=None), orthanc=filled)
    assert "split" in run("label", "whole", orthanc=filled, status=2).stderr
