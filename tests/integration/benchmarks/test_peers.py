"""The other engines of the benchmark give the answers of ours, and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import archive, peers, postgres
from benchmarks.asking import KINDS, SEED
from benchmarks.other_tables import Documents
from benchmarks.questions import Questions
from orthanc_cohorts.cohort import Engine, canonical, parse
from orthanc_cohorts.store import Index

pytestmark = pytest.mark.skipif(postgres.missing() is not None, reason=str(postgres.missing()))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    made = tmp_path_factory.mktemp("archive")
    archive.make(made, archive.Size(0.05), lambda line: None)
    opened = Index.open(made)
    yield opened
    opened.close()


def test_rows_and_documents_in_postgresql_give_the_same_counts(index: Index) -> None:
    with index.read() as snapshot:
        questions = Questions(snapshot, SEED)
    definitions = [getattr(questions, kind)() for kind in KINDS for _ in range(8)]

    with postgres.Cluster() as cluster, cluster.connect() as connection:
        rows = peers._load(index, connection, cluster.directory)
        found = []
        for definition in definitions:
            with index.read() as snapshot:
                ours = Engine().answer(snapshot, canonical(parse(definition))).count
            ways = [*rows.ways(definition), *Documents().ways(definition)]
            found.append({ours, *(connection.execute(*way).fetchone()[0] for way in ways)})

    assert [counts for counts in found if len(counts) > 1] == []
    assert sum(counts != {0} for counts in found) > len(found) / 3
    assert not cluster.directory.exists()


def test_a_server_ends_with_the_process_that_started_it() -> None:
    program = (
        "import time; from benchmarks.postgres import Cluster\n"
        "with Cluster() as cluster: print(cluster._server.pid, cluster.directory, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    pid, directory = starter.stdout.readline().split()
    server = os.pidfd_open(int(pid))

    starter.send_signal(signal.SIGKILL)
    starter.wait()

    try:
        signal.pidfd_send_signal(server, 0)
        waited = subprocess.run(["tail", f"--pid={pid}", "-f", "/dev/null"], timeout=30, check=False)
        assert waited.returncode == 0
    except ProcessLookupError:
        pass
    finally:
        os.close(server)
        subprocess.run(["rm", "-rf", Path(directory)], check=True)
