"""The route of FHIR on rows in memory: lines as they are written, refusals, and clients that go away."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from api_client import API, Client, problem
from cohort_rows import MemoryIndex, MemorySnapshot
from dataset_rows import KEY, PATIENTS, definition
from fhir_rows import reported, resources, unresolved
from orthanc_cohorts.api import create_app
from orthanc_cohorts.api.audit import AuditLog
from orthanc_cohorts.api.datasets import DatasetStore
from orthanc_cohorts.api.limits import Deadline, Limits
from orthanc_cohorts.api.problems import OutOfTime
from orthanc_cohorts.datasets import Archive
from orthanc_cohorts.errors import IndexBusy
from orthanc_cohorts.fhir import KINDS
from orthanc_cohorts.model.callers import ROLE_HEADER, USER_HEADER

EVERYTHING = "/datasets/hearts/1/fhir/everything.ndjson"


class Counting:
    """An index that counts the snapshots that are open."""

    def __init__(self, index: MemoryIndex) -> None:
        self.index, self.open, self.opened = index, 0, 0

    def read(self) -> AbstractContextManager[MemorySnapshot]:
        return self._read()

    @contextmanager
    def _read(self) -> Iterator[MemorySnapshot]:
        with self.index.read() as snapshot:
            self.open, self.opened = self.open + 1, self.opened + 1
            try:
                yield snapshot
            finally:
                self.open -= 1


@pytest.fixture
def index() -> Counting:
    return Counting(MemoryIndex(reported()))


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    return DatasetStore(Archive(tmp_path / "datasets"), "pseudonymise", KEY)


@pytest.fixture
def client(index: Counting, store: DatasetStore, tmp_path: Path) -> Iterator[Client]:
    found = Client(index, datasets=store, audit=AuditLog(tmp_path / "audit.log"))
    assert found.post("/datasets", definition()).status_code == 201
    yield found
    found.close()


def test_a_version_is_written_kind_by_kind_or_as_a_whole(client: Client) -> None:
    everything = client.get(EVERYTHING)
    apart = [client.get(f"/datasets/hearts/1/fhir/{kind}.ndjson") for kind in KINDS]

    assert everything.status_code == 200
    assert everything.headers["content-type"] == "application/fhir+ndjson"
    assert everything.headers["cache-control"] == "private, no-store"
    found = resources(everything.content)
    assert unresolved(found) == []
    lines = [line for one in apart for line in one.content.splitlines()]
    assert sorted(lines) == sorted(everything.content.splitlines())


def test_every_export_leaves_one_line_in_the_log_with_its_patients(client: Client, tmp_path: Path) -> None:
    sent = {ROLE_HEADER: "analyst", USER_HEADER: "alice"}

    assert client.get(EVERYTHING, headers=sent).status_code == 200

    line = json.loads((tmp_path / "audit.log").read_text().splitlines()[-1])
    assert (line["user"], line["status"], line["count"]) == ("alice", 200, PATIENTS)
    assert line["hash"] == client.get("/datasets/hearts/1").json()["hash"]


def test_what_is_not_there_is_said(client: Client, index: Counting) -> None:
    unknown = problem(client.get("/datasets/hearts/1/fhir/Device.ndjson"), 404)
    problem(client.get("/datasets/hearts/7/fhir/Patient.ndjson"), 404)
    problem(client.get("/datasets/nothing/1/fhir/Patient.ndjson"), 404)

    assert "Observation.ndjson" in unknown["detail"]
    assert client.get("/datasets/hearts/1/table.parquet").status_code == 200


def test_a_viewer_gets_no_line(client: Client) -> None:
    problem(client.get(EVERYTHING, headers={ROLE_HEADER: "viewer", USER_HEADER: "bob"}), 403)


def test_an_erased_version_is_gone_and_its_successor_lacks_the_patient(client: Client) -> None:
    erased = client.post("/erase", {"patient_id": "HOSP-0003", "issuer_of_patient_id": "ACME"})
    assert erased.status_code == 200

    problem(client.get(EVERYTHING), 410)
    found = resources(client.get("/datasets/hearts/2/fhir/Patient.ndjson").content)
    assert len(found) == PATIENTS - 1


def test_a_client_that_goes_away_ends_the_export(
    client: Client, index: Counting, store: DatasetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orthanc_cohorts.fhir.ndjson.PATIENTS_AT_ONCE", 1)
    app = create_app(index, internal=None, status=dict, datasets=store)
    blocks: list[bytes] = []
    opened = index.opened

    async def leave() -> None:
        gone = anyio.Event()
        asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            for message in asked:
                return message
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message.get("body"):
                blocks.append(message["body"])
                gone.set()
                await anyio.sleep_forever()

        path = API + EVERYTHING
        scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
            "method": "GET", "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
            "root_path": "", "headers": [], "client": None, "server": ("sidecar", 80),
        }  # fmt: skip
        await app(scope, receive, send)

    client.portal.call(leave)

    assert len(blocks) == 1 and len(resources(blocks[0], "Patient")) == 1
    assert (index.opened, index.open) == (opened + 1, 0)


def test_time_counts_for_all_blocks_and_a_place_is_free_afterwards() -> None:
    closed: list[bool] = []

    def endless(deadline: Deadline) -> Generator[int, None, None]:
        try:
            yield 1
            while True:
                deadline.check()
        finally:
            closed.append(True)

    async def ask() -> None:
        limits = Limits(0.05, 1, 1, 0)
        for _ in range(2):
            items = limits.stream(endless)
            assert await anext(items) == 1
            with pytest.raises(IndexBusy):
                await anext(limits.stream(endless))
            with pytest.raises(OutOfTime):
                await anext(items)

    anyio.run(ask)

    assert closed == [True, True]
