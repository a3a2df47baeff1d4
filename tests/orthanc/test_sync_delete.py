"""Deletions at every level leave nothing behind; and whose an object is."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

import build
from orthanc import states
from orthanc.harness import Orthanc
from orthanc.load import objects


@pytest.fixture
def files() -> list[bytes]:
    """Six patients with five objects in four series each; reports and segmentations speak of the images."""
    return [versions[0] for versions in objects(patients=6, versions=1)]


def delete_all(orthanc: Orthanc, chance: random.Random) -> None:
    """Delete everything, at levels and in an order that chance chooses."""
    while True:
        level = chance.choice(["instances", "series", "studies", "patients"])
        names = sorted(orthanc.get(f"/{level}").json())
        if not names:
            return
        orthanc.delete(f"/{level}/{chance.choice(names)}").raise_for_status()
        if chance.random() < 0.3:
            time.sleep(0.1)


def test_everything_deleted_in_any_order_leaves_no_trace_in_any_table(start_orthanc, files):
    orthanc = start_orthanc(cohorts={**states.FAST, "ReconcileSeconds": 1, "SweepSeconds": 1})
    orthanc.wait_ready()
    for order in (1, 2):
        for file in files:
            orthanc.store(file)
        states.pushed(orthanc)
        time.sleep(3.5)  # a series is taken for equal 2 s after its last change at the earliest

        delete_all(orthanc, random.Random(order))
    states.pushed(orthanc)
    time.sleep(1.0)  # PurgeSeconds is 0: the next look at the log removes the dead rows
    fields = orthanc.get("/cohorts/api/v1/fields").json()
    orthanc.terminate()

    assert states.leftovers(orthanc.data_directory) == {}
    assert "Volume" not in str(fields) and "P00" not in str(fields)


def test_what_was_deleted_in_part_leaves_the_index_of_the_rest(start_orthanc, files):
    orthanc = start_orthanc(cohorts=states.FAST)
    never_had_it = start_orthanc(cohorts=states.FAST)
    for one in (orthanc, never_had_it):
        one.wait_ready()
    stored = [orthanc.store(file) for file in files]
    states.pushed(orthanc)

    gone = {
        *doomed(orthanc, "instances", [stored[0]["ID"], stored[4]["ID"]]),
        *doomed(orthanc, "series", [stored[5]["ParentSeries"]]),
        *doomed(orthanc, "studies", [stored[10]["ParentStudy"]]),
        *doomed(orthanc, "patients", [stored[15]["ParentPatient"]]),
    }
    states.pushed(orthanc)
    for file, answer in zip(files, stored, strict=True):
        if answer["ID"] not in gone:
            never_had_it.store(file)
    states.pushed(never_had_it)
    found = []
    for one in (orthanc, never_had_it):
        one.terminate()
        found.append(states.snapshot(one.data_directory))

    assert len(gone) == 14 and len(found[0]["instance"]) == len(files) - 14
    assert states.differences(*found) == []
    assert states.flaws(orthanc.data_directory) == []


def doomed(orthanc: Orthanc, level: str, names: list[str]) -> list[str]:
    """Delete resources; return the instances that went with them."""
    gone: list[str] = []
    for name in names:
        path = f"/{level}/{name}"
        gone += [name] if level == "instances" else [i["ID"] for i in orthanc.get(f"{path}/instances").json()]
        orthanc.delete(path).raise_for_status()
    return gone


def test_deletions_while_the_sidecar_or_orthanc_was_dead_leave_no_trace(start_orthanc, files):
    orthanc = start_orthanc(cohorts=states.FAST)
    orthanc.wait_ready()
    for file in files:
        orthanc.store(file)
    states.settle(orthanc)
    orthanc.terminate()
    orthanc.plugin = False
    orthanc.start()

    delete_all(orthanc, random.Random(3))
    orthanc.terminate()
    orthanc.plugin = True
    orthanc.start()
    states.settle(orthanc)
    time.sleep(1.0)
    orthanc.terminate()

    assert states.leftovers(orthanc.data_directory) == {}


def patients(orthanc: Orthanc) -> int:
    definition = {"version": 1, "unit": "patient", "where": {"op": "series", "modality": ["CT"]}}
    answer = orthanc.post("/cohorts/api/v1/count", json=definition)
    assert answer.status_code == 200, answer.text
    count: int = answer.json()["count"]
    return count


def image(study: str, **header: Any) -> bytes:
    return build.to_bytes(build.ct(StudyID=study, StudyInstanceUID=build.uid("s", study), **header))


def test_an_empty_patient_id_is_one_patient_per_study_and_an_issuer_makes_another(start_orthanc):
    orthanc = start_orthanc(cohorts={**states.FAST, "DefaultIssuer": "HERE"})
    orthanc.wait_ready()
    counts = []

    for objects_of_a_patient in (
        [image("1", PatientID=""), image("2", PatientID="")],
        [image("3", PatientID="77"), image("4", PatientID="77", IssuerOfPatientID="HERE")],
        [image("5", PatientID="77", IssuerOfPatientID="ELSEWHERE")],
        [image("6", PatientID="77", PatientName="Other^Name"), image("7", PatientID="78")],
    ):
        for file in objects_of_a_patient:
            orthanc.store(file)
        states.pushed(orthanc)
        counts.append(patients(orthanc))

    # two without an id, one 77 of HERE, another 77 of ELSEWHERE, then 78.
    assert counts == [2, 3, 4, 5]
