"""A caller that hangs up: its query is interrupted and its place is free again.

The application runs on a Unix socket of a real server, on rows in memory; no Orthanc.
"""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_client import ALL, API
from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.api import create_app
from orthanc_cohorts.api.audit import AuditLog
from served import Served, wait

COUNT = f"{API}/count"
SLOW = {**ALL, "where": {"op": "segment"}}


def slow_archive() -> MemoryIndex:
    """An index in which to ask for segments takes hours."""
    rows = Rows()
    rows.study(0, 0)
    index = MemoryIndex(rows)
    index.run("CREATE TABLE many AS SELECT range AS n FROM range(100000)")
    index.run("DROP VIEW live_segment")
    index.run(
        "CREATE VIEW live_segment AS SELECT s.* FROM segment AS s"
        " WHERE (SELECT count(*) FROM many a, many b, many c WHERE a.n + b.n * c.n % 7 = 3) > 0"
    )
    return index


class Archive(Served):
    """An application that answers one request at a time, with a time limit that no test waits for."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "audit.log"
        app = create_app(
            slow_archive(),
            internal=None,
            status=dict,
            time_limit_seconds=3600,
            max_requests=1,
            threads=1,
            audit=AuditLog(self.log),
        )
        super().__init__(folder, app)

    def occupying(self) -> socket.socket:
        """Return a connection whose slow request has the only place."""
        caller = self.hanging(COUNT, SLOW)
        while self.count() != 503:
            if select.select([caller], [], [], 0.02)[0]:
                # It came while the look above had the place, and was refused.
                caller.close()
                caller = self.hanging(COUNT, SLOW)
        return caller

    def count(self) -> int:
        return self.client.post(COUNT, json=ALL).status_code

    def statuses(self) -> list[int]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line)["status"] for line in lines]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Archive]:
    served = Archive(tmp_path)
    yield served
    served.close()


def test_a_caller_that_hangs_up_stops_its_query_and_frees_its_place(served: Archive) -> None:
    caller = served.occupying()

    caller.close()

    wait(lambda: served.count() == 200)
    assert 499 in served.statuses()


def test_a_caller_that_stays_connected_keeps_its_query(served: Archive) -> None:
    caller = served.occupying()
    bystander = served.hanging(COUNT, ALL)
    bystander.recv(65536)
    bystander.close()

    still = [served.count() for _ in range(20)]

    caller.close()
    wait(lambda: served.count() == 200)
    assert set(still) == {503}


def test_after_an_answer_the_same_connection_asks_again(served: Archive) -> None:
    assert [served.count() for _ in range(5)] == [200] * 5
