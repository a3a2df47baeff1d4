"""The route of SQL: who gets which answer, how long it may take, and what is left of it when nobody waits.

The application runs in this process or on a socket; statements run in their own, on a small lake.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from api_client import API, Client, problem
from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.api import create_app
from orthanc_cohorts.api.audit import AuditLog
from orthanc_cohorts.api.sql import SqlDesk
from orthanc_cohorts.lake import FolderLake
from orthanc_cohorts.usersql.process import Processes
from served import Served, wait
from sql_site import BOUNDS, LENGTHS, SECRET, Site

COUNT = "SELECT count(*) AS n FROM measurement"
ENDLESS = "SELECT count(*) FROM range(3000000) a, range(3000000) b WHERE a.range + b.range < 0"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


class Asked:
    """An application with SQL, and its audit log."""

    def __init__(self, site: Site, log: Path, **bounds: Any) -> None:
        self.log = log
        desk = SqlDesk(site.lake, Processes(), dataclasses.replace(BOUNDS, **bounds), 1)
        self.client = Client(MemoryIndex(Rows()), sql=desk, audit=AuditLog(log))

    def sql(self, text: str, **more: Any) -> httpx.Response:
        headers = {"X-Cohorts-Role": "analyst", "X-Cohorts-User": "ann", **more.pop("headers", {})}
        return self.client.post("/sql", {"sql": text, **more}, headers=headers)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def asked(site: Site, tmp_path: Path) -> Iterator[Asked]:
    asked = Asked(site, tmp_path / "audit.log")
    yield asked
    asked.client.close()


def test_an_analyst_is_answered_with_what_the_rows_are_of(asked: Asked) -> None:
    answer = asked.sql(COUNT)

    assert answer.status_code == 200
    assert answer.json() == {
        "snapshot": "2", "generation": 3, "seq": 0, "count": 1,
        "columns": [{"name": "n", "type": "BIGINT"}], "rows": [{"n": len(LENGTHS)}],
    }  # fmt: skip
    assert answer.headers["x-cohorts-count"] == "1" and answer.headers["x-cohorts-snapshot"] == "2"


@pytest.mark.parametrize(
    ("accept", "begins"), [("text/csv", b"n\r\n5\r\n"), ("application/vnd.apache.parquet", b"PAR1")]
)
def test_a_format_is_asked_by_header_or_by_body(asked: Asked, accept: str, begins: bytes) -> None:
    by_header = asked.sql(COUNT, headers={"accept": accept})
    name = by_header.headers["content-disposition"].rpartition(".")[2].strip('"')
    by_body = asked.sql(COUNT, format=name)

    assert by_header.headers["content-type"].startswith(accept)
    assert by_header.content.startswith(begins) and by_body.content == by_header.content


def test_what_is_wrong_is_said_with_a_pointer_and_nothing_of_it_is_logged(asked: Asked) -> None:
    wrong = problem(asked.sql(f"SELECT '{SECRET}' FROM nowhere"), 422)
    several = problem(asked.sql("SELECT 1; SELECT 2"), 422)

    assert wrong["errors"][0]["pointer"] == "/sql" and "nowhere" in wrong["errors"][0]["detail"]
    assert "exactly one statement" in several["detail"]
    assert SECRET not in asked.log.read_text()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"sql": ""}', 422),
        (b'{"sql": 5}', 422),
        (b'{"sql": "SELECT 1", "format": "xlsx"}', 422),
        (b'{"sql": "SELECT 1", "params": []}', 422),
    ],
)
def test_what_is_no_question_is_refused(asked: Asked, body: bytes, status: int) -> None:
    problem(asked.client.ask("POST", f"{API}/sql", content=body), status)


def test_a_format_that_there_is_not_is_406(asked: Asked) -> None:
    problem(asked.sql(COUNT, headers={"accept": "image/png"}), 406)


def test_a_viewer_may_not_ask(asked: Asked) -> None:
    problem(asked.sql(COUNT, headers={"X-Cohorts-Role": "viewer"}), 403)


def test_every_statement_leaves_a_line_with_its_hash_refused_ones_too(asked: Asked) -> None:
    texts = [COUNT, "DROP VIEW measurement"]

    for text in texts:
        asked.sql(text)

    assert [
        (one["user"], one["route"], one["hash"], one["status"], one["count"]) for one in asked.lines()
    ] == [
        ("ann", f"{API}/sql", sha256(texts[0].encode()).hexdigest(), 200, 1),
        ("ann", f"{API}/sql", sha256(texts[1].encode()).hexdigest(), 422, None),
    ]


def test_where_it_is_off_the_answer_says_how_to_switch_it_on(tmp_path: Path) -> None:
    client = Client(MemoryIndex(Rows()))
    refused = problem(client.post("/sql", {"sql": "SELECT 1"}), 404)
    document = client.get("/openapi.json").json()
    client.close()

    assert "Cohorts.Sql" in refused["detail"] and "Cohorts.LakeDirectory" in refused["detail"]
    assert f"{API}/sql" not in document["paths"]


def test_before_anything_is_published_the_answer_says_so(tmp_path: Path) -> None:
    client = Client(MemoryIndex(Rows()), sql=SqlDesk(FolderLake(tmp_path / "lake"), Processes(), BOUNDS, 1))
    refused = problem(client.post("/sql", {"sql": "SELECT 1"}), 404)
    client.close()

    assert "publish" in refused["detail"]


def test_a_snapshot_that_goes_away_meanwhile_is_a_reason_to_ask_again(
    site: Site, asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "2"
    shutil.copytree(site.snapshot, copy)
    manifest = dataclasses.replace(site.newest, where=str(copy))
    monkeypatch.setattr(FolderLake, "newest", lambda lake: manifest)
    there = asked.sql(COUNT)
    shutil.rmtree(copy)

    gone = asked.sql(COUNT)

    assert there.status_code == 200
    assert "ask again" in problem(gone, 503)["detail"] and gone.headers["retry-after"]


def test_a_statement_has_its_time_and_then_it_is_504(site: Site, tmp_path: Path) -> None:
    asked = Asked(site, tmp_path / "audit.log", seconds=2)
    began = time.monotonic()

    answer = asked.sql(ENDLESS)

    asked.client.close()
    assert "2 s" in problem(answer, 504)["detail"]
    assert time.monotonic() - began < 30
    assert children() == []


def test_who_hangs_up_ends_the_process_and_makes_room_for_the_next(site: Site, tmp_path: Path) -> None:
    desk = SqlDesk(site.lake, Processes(), BOUNDS, 1)
    served = Served(tmp_path, create_app(MemoryIndex(Rows()), internal=None, status=dict, sql=desk))

    def ask() -> httpx.Response:
        return served.client.post(f"{API}/sql", json={"sql": COUNT})

    caller = served.hanging(f"{API}/sql", {"sql": ENDLESS})
    wait(children)
    busy = ask()

    caller.close()

    wait(lambda: not children())
    answers = [busy]
    wait(lambda: answers.append(ask()) or answers[-1].status_code != 503)
    served.close()
    assert problem(busy, 503) and busy.headers["retry-after"] == "1"
    assert answers[-1].json()["rows"] == [{"n": len(LENGTHS)}]


def children() -> list[int]:
    """Return the processes that this one has started for statements and that still run."""
    found = []
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        with contextlib.suppress(OSError):
            for pid in map(int, (task / "children").read_text().split()):
                if b"usersql" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
    return found
