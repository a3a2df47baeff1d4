"""Sending to an HTTP server that loses connections, is busy or goes away: what is retried, what is said.

The server is a real one on loopback; a real Orthanc is in tests/orthanc.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from orthanc_cohorts.convert.upload import Outcome, Refused, Target, Upload
from orthanc_cohorts.errors import ConfigurationError

PATIENCE = (0.01, 0.01)
Behave = Callable[[str, int], int | None]
"""From the body of a POST and how often it came before, to a status; None: the connection is lost."""


class Server(ThreadingHTTPServer):
    """A server that stores what `behave` lets it store."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behave: Behave = lambda body, before: 200
        self.seen: Counter[str] = Counter()
        self.stored: list[str] = []
        self.users: set[str | None] = set()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self._answer(200, {"Version": "1.12"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.users.add(self.headers.get("Authorization"))
        if self.path == "/tools/bulk-content":
            self._answer(200, [])
            return
        status = self.server.behave(body, self.server.seen[body])
        self.server.seen[body] += 1
        if status is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if status == 200:
            self.server.stored.append(body)
        self._answer(status, {"Status": "Success"} if status == 200 else {"Message": f"no {body}"})

    def _answer(self, status: int, said: object) -> None:
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that stores everything, unless told otherwise."""
    found = Server()
    thread = threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Twenty files that say their own names."""
    found = [tmp_path / f"{number:02}" for number in range(20)]
    for path in found:
        path.write_text(path.name)
    return found


def _run(server: Server, files: list[Path], jobs: int = 3) -> Outcome:
    return Upload(Target(server.url), files, jobs, patience_seconds=PATIENCE).run(lambda done, total: None)


def test_every_file_is_sent_once(server: Server, files: list[Path]) -> None:
    outcome = _run(server, files)

    assert sorted(server.stored) == [path.name for path in files]
    assert (outcome.stored, outcome.is_whole, outcome.ended) == (20, True, None)


def test_a_lost_connection_and_a_busy_server_are_tried_again(server: Server, files: list[Path]) -> None:
    server.behave = lambda body, before: (None if body < "10" else 503) if before < 2 else 200

    outcome = _run(server, files)

    assert outcome.stored == 20
    assert set(server.seen.values()) == {3}


def test_a_refused_file_stops_nothing_and_is_not_tried_again(server: Server, files: list[Path]) -> None:
    server.behave = lambda body, before: 400 if body in ("03", "04") else 200

    outcome = _run(server, files)

    assert (outcome.stored, outcome.refused) == (18, [(files[3], "no 03"), (files[4], "no 04")])
    assert set(server.seen.values()) == {1}


def test_a_file_that_always_breaks_the_connection_is_told_from_a_server_that_is_gone(
    server: Server, files: list[Path]
) -> None:
    server.behave = lambda body, before: None if body == "07" else 200

    outcome = _run(server, files)

    assert outcome.stored == 19
    [(path, reason)] = outcome.refused
    assert path == files[7]
    assert reason.startswith("the connection broke each time")


def test_a_server_error_that_stays_is_the_reason(server: Server, files: list[Path]) -> None:
    server.behave = lambda body, before: 507 if body == "07" else 200

    outcome = _run(server, files)

    assert outcome.refused == [(files[7], "no 07")]
    assert server.seen["07"] == 1 + len(PATIENCE)


def test_a_server_that_goes_away_ends_the_upload_and_the_rest_is_named(
    server: Server, files: list[Path]
) -> None:
    def behave(body: str, before: int) -> int | None:
        if len(server.stored) >= 5:
            server.socket.close()  # nobody can connect any more
            return None
        return 200

    server.behave = behave

    outcome = _run(server, files, jobs=1)

    assert outcome.stored == 5
    assert outcome.refused == []
    assert outcome.unsent == files[5:]
    assert outcome.ended is not None and outcome.ended.endswith("no longer answers")


def test_a_user_who_may_not_store_ends_the_upload_at_once(server: Server, files: list[Path]) -> None:
    server.behave = lambda body, before: 403

    outcome = _run(server, files)

    assert outcome.ended == "it refuses this user or this machine (403)"
    assert len(outcome.unsent) == 20
    assert sum(server.seen.values()) <= 3


def test_an_interrupt_waits_for_what_is_on_its_way_and_names_the_rest(
    server: Server, files: list[Path]
) -> None:
    class Enough(Exception):
        pass

    gate = threading.Event()

    def check() -> None:
        if len(server.stored) >= 10:
            gate.set()
            raise Enough

    def behave(body: str, before: int) -> int:
        if body >= "10":  # on its way when the interrupt comes
            gate.wait(10)
            time.sleep(0.2)
        return 200

    server.behave = behave
    work = Upload(Target(server.url), files, 2, patience_seconds=PATIENCE)

    with pytest.raises(Enough):
        work.run(lambda done, total: None, check)

    assert work.outcome.ended == "interrupted"
    assert work.outcome.stored == len(server.stored)
    assert 10 <= work.outcome.stored < 20
    assert work.outcome.stored + len(work.outcome.unsent) == 20


def test_a_file_that_is_gone_or_unreadable_is_one_refusal(server: Server, files: list[Path]) -> None:
    files[2].unlink()

    outcome = _run(server, files)

    assert outcome.refused == [(files[2], "No such file or directory")]
    assert outcome.stored == 19


def test_a_large_file_is_sent_in_pieces(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orthanc_cohorts.convert.upload import way

    monkeypatch.setattr(way, "WHOLE_BYTES", 1_000)
    path = tmp_path / "large"
    path.write_text("x" * 3_000_000)

    outcome = _run(server, [path])

    assert outcome.stored == 1
    assert server.stored == ["x" * 3_000_000]


def test_credentials_go_with_every_request(server: Server, files: list[Path]) -> None:
    target = Target(server.url, ("reader", "päss:word"))

    Upload(target, files).run(lambda done, total: None)

    assert server.users == {"Basic cmVhZGVyOnDDpHNzOndvcmQ="}


def test_nobody_at_the_address_is_said_before_anything_is_sent(files: list[Path]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(Refused, match="does not answer"):
            Upload(Target(url), files).check()


@pytest.mark.parametrize("url", ["127.0.0.1:8042", "ftp://host", "http://"])
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is no address"):
        Upload(Target(url), [])
