"""The process of a statement: what it has, what it has not, and that it never outlives who asked."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from orthanc_cohorts.errors import IndexBusy, QueryRefused, Unconfined
from orthanc_cohorts.usersql import landlock, process
from orthanc_cohorts.usersql.confinement import BESIDE_BYTES
from orthanc_cohorts.usersql.process import Process, Processes
from orthanc_cohorts.usersql.question import Question
from sql_site import BOUNDS, SECRET, Site

ENDLESS = "SELECT count(*) FROM range(3000000) a, range(3000000) b WHERE a.range + b.range < 0"
ASKER = """
import sys
sys.path[:0] = sys.argv[2].split(":")
from orthanc_cohorts.usersql.process import Process
from orthanc_cohorts.usersql.question import Question
import dataclasses, os
question = dataclasses.replace(Question.read(sys.argv[1].encode()), parent=os.getpid())
process = Process(question)
print(process.pid, flush=True)
process.answer()
"""


def wait(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_at_work(pid: int) -> bool:
    """Whether a process has come so far as to run its statement: it may start nothing more."""
    with contextlib.suppress(OSError):
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        return [line.split()[2] for line in limits if line.startswith("Max processes")] == ["0"]
    return False


def is_there(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


@contextmanager
def at_work(processes: Processes, question: Question) -> Iterator[Process]:
    """Have a process at work on a statement without end."""
    with processes.started(question) as started:
        thread = threading.Thread(target=lambda: interrupted(started))
        thread.start()
        wait(lambda: is_at_work(started.pid))
        yield started
        started.interrupt()
        thread.join()


def interrupted(started: Process) -> None:
    with contextlib.suppress(duckdb.InterruptException):
        started.answer()


@pytest.fixture
def endless(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    """A process at work beside secrets, files and sockets of its asker."""
    monkeypatch.setenv("ORTHANC_COHORTS_PASSWORD", SECRET)
    with socket.socket() as opened:
        opened.set_inheritable(True)
        with at_work(site.processes, site.question(ENDLESS)) as started:
            yield started


def test_it_has_nothing_of_its_asker(endless: Process) -> None:
    here = Path(f"/proc/{endless.pid}")

    environment = (here / "environ").read_text().split("\0")
    open_files = {path.name: str(path.readlink()) for path in (here / "fd").iterdir()}

    assert {one.partition("=")[0] for one in environment if one} == set(process._ENVIRONMENT)
    assert set(open_files) == {"0", "1", "2", *(n for n, to in open_files.items() if to == "/dev/null")}
    assert open_files["2"] == "/dev/null" and open_files["1"].startswith("pipe:")
    assert os.getsid(endless.pid) == endless.pid != os.getsid(0)


def test_it_is_limited_and_makes_way_for_others(endless: Process) -> None:
    here = Path(f"/proc/{endless.pid}")
    limits = {line[:26].strip(): line[26:].split()[:2] for line in (here / "limits").read_text().splitlines()}

    assert limits["Max file size"] == limits["Max core file size"] == limits["Max processes"] == ["0", "0"]
    assert int(limits["Max cpu time"][1]) <= BOUNDS.seconds * 3 + 10
    assert BOUNDS.memory_bytes + BESIDE_BYTES < int(limits["Max address space"][1]) < 3 * 2**29
    assert (here / "oom_score_adj").read_text() == "1000\n"
    assert os.getpriority(os.PRIO_PROCESS, endless.pid) >= 10


def test_what_is_interrupted_is_gone_at_once(site: Site) -> None:
    with site.processes.started(site.question(ENDLESS)) as started:
        threading.Timer(0.5, started.interrupt).start()
        with pytest.raises(duckdb.InterruptException):
            started.answer()

    assert not is_there(started.pid)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_asker_however_that_ends(site: Site, number: int) -> None:
    question = site.question(ENDLESS).sent().decode()
    asker = subprocess.Popen(
        [sys.executable, "-c", ASKER, question, ":".join(sys.path)], stdout=subprocess.PIPE, text=True
    )
    assert asker.stdout is not None
    pid = int(asker.stdout.readline())
    wait(lambda: is_at_work(pid))

    asker.send_signal(number)
    asker.wait()
    asker.stdout.close()

    wait(lambda: not is_there(pid), 5)


def test_all_end_when_asking_ends_and_no_further_one_starts(site: Site) -> None:
    own = Processes()
    with at_work(own, site.question(ENDLESS)) as started:
        own.stop()

        wait(lambda: not is_there(started.pid), 5)

    with pytest.raises(IndexBusy), own.started(site.question("SELECT 1")):
        pass


def test_where_the_kernel_lets_nobody_confine_himself_nothing_is_run(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = (
        "from orthanc_cohorts.usersql import child, landlock; landlock.version = lambda: 0; child.main()"
    )
    monkeypatch.setattr(process, "_COMMAND", ("-I", "-c", without))

    with pytest.raises(Unconfined, match="Landlock"):
        site.ask("SELECT 1")


def test_a_process_that_never_begins_is_no_fault_of_the_statement(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_COMMAND", ("-I", "-c", "raise SystemExit(3)"))

    with pytest.raises(RuntimeError, match="ended with 3 before it began"):
        site.ask("SELECT 1")


def test_a_process_that_dies_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    dying = "import os; os.write(1, b'begun\\n'); os.kill(os.getpid(), 6)"
    monkeypatch.setattr(process, "_COMMAND", ("-I", "-c", dying))

    with pytest.raises(QueryRefused, match=r"signal 6.*SqlMemoryMegabytes"):
        site.ask("SELECT 1")


def test_what_a_process_writes_is_bounded_by_who_reads_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless_output = "import os\nos.write(1, b'begun\\n')\nwhile True: os.write(1, b'x' * 65536)"
    monkeypatch.setattr(process, "_COMMAND", ("-I", "-c", endless_output))

    with pytest.raises(RuntimeError, match="more than it may"):
        site.ask("SELECT 1")


def test_a_snapshot_that_is_gone_is_an_error(site: Site, tmp_path: Path) -> None:
    question = dataclasses.replace(site.question("SELECT 1"), folder=str(tmp_path / "gone"))

    with site.processes.started(question) as started, pytest.raises(Unconfined):
        started.answer()


def in_a_process(code: str) -> str:
    """Return what a piece of Python prints after `landlock` is imported."""
    done = subprocess.run(
        [sys.executable, "-c", f"from orthanc_cohorts.usersql import landlock\n{code}"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_landlock_leaves_a_folder_to_be_read_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").write_text("inside")
    (tmp_path / "out").write_text("outside")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    code = f"""
import os, pathlib, subprocess
here = pathlib.Path({str(tmp_path)!r})
def tried(what):
    try:
        return what()
    except OSError as error:
        return type(error).__name__
landlock.restrict_to_reading(here / "in")
print(tried((here / "in/file").read_text), tried((here / "in/link").read_text))
print(tried((here / "out").read_text))
print(tried(lambda: (here / "in/file").write_text("x")), tried(lambda: (here / "in/new").mkdir()))
print(tried((here / "in/file").unlink), tried(lambda: os.listdir(here / "in")))
print(tried(lambda: os.truncate(here / "in/file", 0)), tried(lambda: os.execv("/bin/true", ["true"])))
"""

    told = in_a_process(code)

    assert told.split() == ["inside", *["PermissionError"] * 8]
    assert (tmp_path / "in" / "file").read_text() == "inside"


def test_landlock_is_refused_to_a_process_whose_threads_would_keep_their_rights(tmp_path: Path) -> None:
    told = in_a_process(
        "import pathlib, threading, time\n"
        "threading.Thread(target=time.sleep, args=(30,), daemon=True).start()\n"
        f"landlock.restrict_to_reading(pathlib.Path({str(tmp_path)!r}))"
    )

    assert "RuntimeError: threads that run already would keep their rights" in told


def test_this_kernel_can_confine() -> None:
    assert landlock.version() > 0
