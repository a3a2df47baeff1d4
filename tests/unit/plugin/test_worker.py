"""Looking and pushing without a real Orthanc: what is seen, encoded, refused and tried again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orthanc_cohorts.config import Settings
from orthanc_cohorts.model.rows import Rows
from orthanc_cohorts_plugin import push, reader
from orthanc_cohorts_plugin.client import Answer, SidecarDown
from orthanc_cohorts_plugin.events import Events
from orthanc_cohorts_plugin.reader import Reader, Seen
from orthanc_cohorts_plugin.worker import Worker
from unit.plugin.hosts import Host

UUID = "6e0f3d07-32e2-4c02-a367-e34f2574ceda"


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def looked(host: Host, monkeypatch: pytest.MonkeyPatch, max_bytes: int = 1000) -> Seen:
    """Look at instance `i` with flatteners that only say by which way they were reached."""
    monkeypatch.setattr(reader, "flatten_file", lambda path, stored, limit: f"file {Path(path).name}")
    monkeypatch.setattr(reader, "flatten_bytes", lambda data, stored, limit: f"bytes {len(data)}")
    return Reader(host, str(host.storage), max_bytes, 10).look("i")


def test_a_stored_file_is_opened_directly(host, monkeypatch):
    host.keep("i", UUID, b"x" * 5000)

    seen = looked(host, monkeypatch)

    assert seen.rows == f"file {UUID}"


@pytest.mark.parametrize(("size", "rows", "reason"), [(900, "bytes 900", None), (1001, None, "TooLarge")])
def test_elsewhere_stored_objects_are_read_whole_only_up_to_the_limit(host, monkeypatch, size, rows, reason):
    host.keep("i", UUID, b"x" * size, on_disk=False)

    seen = looked(host, monkeypatch)

    assert (seen.rows, seen.reason) == (rows, reason)


def test_a_file_of_another_size_than_stated_is_not_trusted(host, monkeypatch):
    host.keep("i", UUID, b"x" * 900)
    host.info["i"]["CompressedSize"] = 400

    seen = looked(host, monkeypatch)

    assert seen.rows == "bytes 900"


def test_an_unknown_instance_is_gone(host, monkeypatch):
    seen = looked(host, monkeypatch)

    assert (seen.rows, seen.reason) == (None, None)


def test_an_instance_replaced_during_the_look_is_looked_at_again(host, monkeypatch):
    host.keep("i", "aaaa" + UUID[4:], b"old", on_disk=False)
    answer, asked = host.RestApiGet, []

    def replaced_after_first(uri: str) -> bytes:
        asked.append(uri)
        if len(asked) == 2:
            host.keep("i", UUID, b"new")
        return answer(uri)

    host.RestApiGet = replaced_after_first
    seen = looked(host, monkeypatch)

    assert seen.rows == f"file {UUID}"


def test_what_is_no_dicom_is_left_to_the_sidecar(host):
    host.keep("i", UUID, b"no DICOM at all")

    seen = Reader(host, str(host.storage), 1000, 10).look("i")

    assert seen.rows is None and seen.reason is not None


class Sidecar:
    """Answers pushes as told: `refuses` names ids whose rows it never takes."""

    def __init__(self, refuses: tuple[str, ...] = (), down: bool = False) -> None:
        self.refuses = refuses
        self.down = down
        self.pushes: list[dict] = []
        self.compared = 0

    def request(self, method, path, headers, body, timeout_seconds) -> Answer:
        if self.down:
            raise SidecarDown("down")
        if path == push.COMPARE_PATH:
            self.compared += 1
            return Answer(202, {}, b"")
        document = json.loads(body)
        if any(entry["orthanc_id"] in self.refuses for entry in document["objects"]):
            return Answer(422, {}, b"")
        self.pushes.append(document)
        return Answer(200, {}, b'{"generation": 1}')


class Looks:
    """A reader for which every instance is there, with one row."""

    def look(self, orthanc_id: str) -> Seen:
        return Seen(orthanc_id, 1, Rows())


def working(host: Host, sidecar: Sidecar, names: str) -> tuple[Worker, Events]:
    events = Events(100)
    for name in names:
        events.put(name)
    settings = Settings.from_mapping({"BatchDelayMs": 0})
    return Worker(host, settings, events, Looks(), sidecar, lambda: None), events


def test_a_batch_carries_the_change_number_read_before_the_files(host):
    sidecar = Sidecar()
    worker, events = working(host, sidecar, "abc")

    worker._turn()

    assert [entry["orthanc_id"] for entry in sidecar.pushes[0]["objects"]] == list("abc")
    assert sidecar.pushes[0]["seq"] == host.last
    assert (worker.pushed, events.outstanding) == (3, 0)


def test_the_one_object_that_is_refused_is_deferred_and_the_others_are_taken(host):
    sidecar = Sidecar(refuses=("d",))
    worker, events = working(host, sidecar, "abcdefg")

    worker._turn()

    assert sorted(e["orthanc_id"] for p in sidecar.pushes for e in p["objects"]) == list("abcefg")
    assert [e for p in sidecar.pushes for e in p["deferred"]] == [{"orthanc_id": "d", "reason": "Refused"}]
    assert (worker.pushed, worker.errors, events.outstanding) == (7, 1, 0)


def test_what_a_dead_sidecar_did_not_take_waits_again(host):
    worker, events = working(host, Sidecar(down=True), "abc")

    worker._turn()

    assert (worker.pushed, events.take(10, 0, 0)) == (0, ["a", "b", "c"])


def test_events_that_fell_out_have_everything_compared_once_the_queue_is_empty(host):
    sidecar = Sidecar()
    worker, events = working(host, sidecar, "abc")
    events.dropped = 5

    worker._make_good_losses()
    while_busy = sidecar.compared
    worker._turn()
    worker._make_good_losses()
    worker._make_good_losses()

    assert (while_busy, sidecar.compared) == (0, 1)


def test_a_value_that_json_cannot_hold_is_never_sent():
    rows = Rows()
    rows["waveform"].append(tuple(float("nan") for _ in range(_width("waveform"))))

    with pytest.raises(ValueError, match="JSON"):
        push.encode([Seen("a", 1, rows)], 1)


def _width(table: str) -> int:
    from orthanc_cohorts.model.schema import TABLES

    return len(TABLES[table].names)
