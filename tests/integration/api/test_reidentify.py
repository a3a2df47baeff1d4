"""The route and the command of re-identification: who is told what, and what the audit log keeps of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import build
from api_client import Client, problem
from flattened import stored
from orthanc_cohorts.api.audit import AuditLog
from orthanc_cohorts.api.datasets import DatasetStore
from orthanc_cohorts.cli.reidentify import ask, column, table
from orthanc_cohorts.datasets import Archive, Pseudonyms
from orthanc_cohorts.datasets.pseudonyms import identity
from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.store import Batch, Index

KEY = Pseudonyms(b"k" * 32)
IMAGE = build.ct(PatientID="HOSP-1")
PERSON = KEY.of_key("patient", identity("HOSP-1", None, None))
SERIES = KEY.of_uid(IMAGE.SeriesInstanceUID)


class Asked:
    """An application over an index with one image, and its audit log."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "audit.log"
        self.index = Index.open(folder / "index", threads=1, memory_limit="256MB")
        self.index.apply(Batch.of([stored(IMAGE)]))
        store = DatasetStore(Archive(folder / "datasets"), "pseudonymise", KEY)
        self.client = Client(self.index, datasets=store, audit=AuditLog(self.log))

    def close(self) -> None:
        self.client.close()
        self.index.close()

    def post(self, body: Any, role: str = "admin") -> httpx.Response:
        headers = {"X-Cohorts-Role": role, "X-Cohorts-User": "carol"}
        return self.client.post("/reidentify", body, headers=headers)

    def request(self, method: str, path: str, content: bytes, seconds: float) -> httpx.Response:
        """Answer as `Sidecar.ask` does."""
        return self.client.ask(method, path, content=content)


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    asked = Asked(tmp_path)
    yield asked
    asked.close()


def test_an_admin_is_told_what_each_value_is_or_that_it_is_not_known(asked: Asked) -> None:
    answer = asked.post({"values": [PERSON, SERIES, "2.25.77", str(PERSON)]})

    assert answer.status_code == 200 and answer.headers["cache-control"] == "private, no-store"
    told = answer.json()
    assert (told["known"], told["unknown"]) == (2, 1)
    assert [(one["value"], len(one["meanings"])) for one in told["values"]] == [
        (str(PERSON), 1), (SERIES, 1), ("2.25.77", 0),
    ]  # fmt: skip
    [person], [series], _ = (one["meanings"] for one in told["values"])
    whose = {"patient_id": "HOSP-1", "issuer_of_patient_id": None}
    whose["study_instance_uid"] = IMAGE.StudyInstanceUID
    assert person == {"level": "patient", **whose, "uid": None, "orthanc_id": None}
    assert series == {
        "level": "series", **whose, "uid": IMAGE.SeriesInstanceUID, "orthanc_id": series["orthanc_id"],
    }  # fmt: skip
    assert len(series["orthanc_id"]) == 44


@pytest.mark.parametrize("role", ["none", "viewer", "analyst"])
def test_nobody_else_is_told(asked: Asked, role: str) -> None:
    refused = problem(asked.post({"values": [PERSON]}, role), 403)

    assert "HOSP-1" not in str(refused)


def test_every_call_leaves_a_line_without_anything_of_anybody(asked: Asked) -> None:
    asked.post({"values": [PERSON, SERIES, "2.25.77"]})
    asked.post({"values": [PERSON]}, "analyst")

    log = asked.log.read_text()
    first, second = map(json.loads, log.splitlines())
    assert (first["user"], first["role"], first["status"], first["count"]) == ("carol", "admin", 200, 2)
    assert first["route"].endswith("/reidentify") and first["time"].endswith("Z")
    assert (second["role"], second["status"], second["count"]) == ("analyst", 403, None)
    told = [IMAGE.PatientID, IMAGE.SeriesInstanceUID, IMAGE.StudyInstanceUID, SERIES, str(PERSON)]
    assert [one for one in told if one in log] == []


@pytest.mark.parametrize(
    "body",
    [{}, {"values": []}, {"values": [""]}, {"values": [1.5]}, {"values": [True]}, {"values": [-1]},
     {"values": ["1"] * 10_001}, {"values": ["x" * 65]}, {"values": ["1"], "key": "k"}, []],
)  # fmt: skip
def test_what_is_no_list_of_values_is_refused(asked: Asked, body: Any) -> None:
    problem(asked.post(body), 422)


def test_the_command_asks_in_parts_and_writes_a_row_per_meaning(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orthanc_cohorts.cli.reidentify.AT_ONCE", 2)
    sidecar: Any = type("Sidecar", (), {"ask": staticmethod(asked.request)})()

    told = ask(sidecar, [str(PERSON), SERIES, "2.25.77", str(PERSON)])

    header, person, series, unknown = table(told).decode().splitlines()
    assert len(asked.log.read_text().splitlines()) == 2
    assert header == "value,level,patient_id,issuer_of_patient_id,study_instance_uid,uid,orthanc_id"
    assert person == f"{PERSON},patient,HOSP-1,,{IMAGE.StudyInstanceUID},,"
    assert series.startswith(f"{SERIES},series,HOSP-1,,{IMAGE.StudyInstanceUID},{IMAGE.SeriesInstanceUID},")
    assert unknown == "2.25.77,unknown,,,,,"


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("12\n13\n", None, ["12", "13"]),
        ("study_key,n\n12,5\n,6\n13,7\n", None, ["12", "13"]),
        ("n,study_key\n5,12\n6,\n7,2.25.9\n", "study_key", ["12", "2.25.9"]),
        ("", None, []),
    ],
)
def test_values_are_read_from_a_column(text: str, name: str | None, expected: list[str]) -> None:
    assert list(column(text.splitlines(), name)) == expected


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match="no column key; there are a, b"):
        list(column(["a,b", "1,2"], "key"))
