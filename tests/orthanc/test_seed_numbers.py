"""The seed system's own files through a real Orthanc and REST: every number counted in them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from orthanc import states
from orthanc.harness import Orthanc

ECG_REPORT = "1.2.826.0.1.3680043.10.511.3.56431750657457273228940717842343408"
FINDING = "DCM|121071"
DILATED, HYPERTROPHIC, HYPERTENSIVE = "SCT|399020009", "SCT|418038007", "SCT|64715002"
REPORT: dict[str, Any] = {"op": "document", "template": "321"}
SEGMENTED: dict[str, Any] = {"op": "segment", "property_type": ["SCT|87878005"]}
MALE, FEMALE = ({"op": "patient", "sex": sex} for sex in "MF")
ARCHIVE: dict[str, Any] = {"op": "series", "modality": ["SR", "SEG"]}


@pytest.fixture
def seed_files(corpus: Path) -> list[Path]:
    """The ECG, its report, 60 diagnoses and 67 segmentations."""
    files = sorted(next(corpus.glob("Cardio-AI_*")).rglob("*.dcm"))
    assert len(files) == 129
    return files


def said(code: str) -> dict[str, Any]:
    return {"op": "evaluation", "concept": FINDING, "value": [code]}


def both(*args: dict[str, Any]) -> dict[str, Any]:
    return {"op": "and", "args": list(args)}


def no(arg: dict[str, Any]) -> dict[str, Any]:
    return {"op": "not", "arg": arg}


def aged(**years: int) -> dict[str, Any]:
    return both({"op": "patient", "age": years}, ARCHIVE, no({"op": "waveform"}))


HEAVY = {"op": "patient", "bmi": {"ge": 30}}
NOT_ECG = no({"op": "waveform"})

EXPECTED: list[tuple[str, int, dict[str, Any]]] = [
    ("report and segmentation", 54, both(REPORT, SEGMENTED)),
    ("segmentation only", 13, both(SEGMENTED, no(REPORT))),
    ("report only", 6, both(REPORT, no(SEGMENTED))),
    ("DCM", 29, said(DILATED)),
    ("HCM", 23, said(HYPERTROPHIC)),
    ("HHD", 8, said(HYPERTENSIVE)),
    ("DCM, segmented", 25, both(said(DILATED), SEGMENTED)),
    ("HCM, segmented", 21, both(said(HYPERTROPHIC), SEGMENTED)),
    ("HHD, segmented", 8, both(said(HYPERTENSIVE), SEGMENTED)),
    ("DCM, not segmented", 4, both(said(DILATED), no(SEGMENTED))),
    ("HCM, not segmented", 2, both(said(HYPERTROPHIC), no(SEGMENTED))),
    ("men", 47, both(MALE, NOT_ECG)),
    ("women", 26, both(FEMALE, NOT_ECG)),
    ("DCM, men", 20, both(said(DILATED), MALE)),
    ("DCM, women", 9, both(said(DILATED), FEMALE)),
    ("HCM, men", 17, both(said(HYPERTROPHIC), MALE)),
    ("HCM, women", 6, both(said(HYPERTROPHIC), FEMALE)),
    ("HHD, men", 3, both(said(HYPERTENSIVE), MALE)),
    ("HHD, women", 5, both(said(HYPERTENSIVE), FEMALE)),
    ("60 and older", 33, aged(ge=60)),
    ("under 40", 15, aged(lt=40)),
    ("40 to 59", 25, aged(ge=40, lt=60)),
    ("HCM, men, segmented", 15, both(said(HYPERTROPHIC), MALE, SEGMENTED)),
    (
        "DCM, women, 60 and older, segmented",
        2,
        both(said(DILATED), FEMALE, {"op": "patient", "age": {"ge": 60}}, SEGMENTED),
    ),
    ("BMI from 30", 11, both(HEAVY, NOT_ECG)),
    ("DCM, BMI from 30, segmented", 4, both(said(DILATED), HEAVY, SEGMENTED)),
    ("no diagnosis, men", 7, both(MALE, no(REPORT), NOT_ECG)),
    ("no diagnosis, women", 6, both(FEMALE, no(REPORT), NOT_ECG)),
    (
        "the ECG and its report",
        1,
        both({"op": "waveform", "channels": {"ge": 12}}, {"op": "document", "template": "3700"}),
    ),
    (
        "QT interval of 400 ms",
        1,
        {"op": "measurement", "concept": "MDC|2:16160", "value": {"eq": 0.4, "unit": "s"}},
    ),
]

MEASUREMENTS = {
    ("2:16016", 75.0, "1"), ("2:16160", 400.0, "ms"), ("2:15872", 140.0, "ms"), ("2:16156", 100.0, "ms"),
    ("2:16168", 800.0, "ms"), ("2086-7", 75.0, "1"), ("2089-1", 160.0, "1"), ("121033", 60.0, "7456"),
    ("271649006", 160.0, "3500"), ("271650006", 100.0, "3500"),
}  # fmt: skip
VALUE_TYPES = {
    "CONTAINER": 12, "CODE": 12, "NUM": 10, "DATETIME": 3, "TEXT": 3, "PNAME": 1, "UIDREF": 1, "WAVEFORM": 1,
}  # fmt: skip


def count(orthanc: Orthanc, where: dict[str, Any]) -> int:
    definition = {"version": 1, "unit": "patient", "where": where}
    answer = orthanc.post("/cohorts/api/v1/count", json=definition)
    assert answer.status_code == 200, answer.text
    found: int = answer.json()["count"]
    return found


def items_of(tree: dict[str, Any]) -> list[dict[str, Any]]:
    """Every content item of a document, the root included."""
    found, waiting = [], [tree["content"]]
    while waiting:
        item = waiting.pop()
        found.append(item)
        waiting += item["children"]
    return found


def test_every_number_of_the_seed_files_holds_through_rest(start_orthanc, seed_files):
    orthanc = start_orthanc(cohorts=states.FAST)
    orthanc.wait_ready()
    for file in seed_files:
        orthanc.store(file)
    states.pushed(orthanc)

    answers = {name: count(orthanc, where) for name, _, where in EXPECTED}
    tree = orthanc.get(f"/cohorts/api/v1/documents/{ECG_REPORT}").json()
    fields = orthanc.get("/cohorts/api/v1/fields")

    assert answers == {name: expected for name, expected, _ in EXPECTED}
    items = items_of(tree)
    assert len(items) == 43
    assert Counter(item["value_type"] for item in items) == VALUE_TYPES
    assert max(item["path"].count(".") for item in items) == 4
    numbers = {
        (item["concept"]["code"], item["value"], item["unit"]["code"])
        for item in items
        if item["value_type"] == "NUM"
    }
    assert numbers == MEASUREMENTS
    assert fields.status_code == 200


def test_four_ways_in_give_the_same_index(start_orthanc, seed_files):
    by_post = start_orthanc(cohorts=states.FAST)
    by_store = start_orthanc(cohorts=states.FAST)
    by_web = start_orthanc(cohorts=states.FAST, dicomweb=True)
    before = start_orthanc(plugin=False)
    ways = {"POST /instances": by_post, "C-STORE": by_store, "STOW-RS": by_web, "before the plugin": before}
    for orthanc in (by_post, by_store, by_web):
        orthanc.wait_ready()

    for file in seed_files:
        by_post.store(file)
        before.store(file)
    by_store.storescu(seed_files)
    stow(by_web, seed_files)
    before.plugin = True
    before.cohorts.update(states.FAST)
    before.restart()
    found = {}
    for name, orthanc in ways.items():
        states.settle(orthanc)
        orthanc.terminate()
        found[name] = states.snapshot(orthanc.data_directory, without=states.OF_THE_TRANSFER)

    first = found.pop("POST /instances")
    assert {len(first["instance"]), len(first["series"])} == {129}
    for name, other in found.items():
        assert states.differences(first, other) == [], name
    for orthanc in ways.values():
        assert states.flaws(orthanc.data_directory) == []


def stow(orthanc: Orthanc, files: list[Path]) -> None:
    """Store files by STOW-RS (PS3.18 10.5), twenty in one request."""
    for start in range(0, len(files), 20):
        parts = [
            b"--part\r\nContent-Type: application/dicom\r\n\r\n" + file.read_bytes() + b"\r\n"
            for file in files[start : start + 20]
        ]
        answer = orthanc.post(
            "/dicom-web/studies",
            content=b"".join(parts) + b"--part--\r\n",
            headers={
                "Content-Type": 'multipart/related; type="application/dicom"; boundary=part',
                "Accept": "application/dicom+json",
            },
        )
        assert answer.status_code == 200, json.dumps(answer.text[:500])
