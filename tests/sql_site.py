"""A site with a small lake of two snapshots, a private folder with secrets, and statements asked of the lake.

Statements run in the real process. Knows the lake and `usersql`; no HTTP.
"""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import duckdb
import orjson

import build
from flattened import stored
from orthanc_cohorts.api.sql import question
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.formats import FormatName
from orthanc_cohorts.lake import FolderLake, Manifest, publish
from orthanc_cohorts.store import Batch, Index, Observed
from orthanc_cohorts.usersql.process import Processes
from orthanc_cohorts.usersql.question import Bounds, Question

SECRET = "TOP-SECRET"
"""Stands wherever no statement may come: in private files, in the environment, in older snapshots."""
OLD_CONCEPT = f"99X|{SECRET}|Length"
LENGTHS = (1, 2, 3, 4, 5)
BOUNDS = Bounds(seconds=60, memory_bytes=2**28, threads=2, rows=1_000, answer_bytes=2**20)


class Site:
    """Folders of a site. private: with its secrets, to which links lead. lake: of two snapshots."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.private = root / "private"
        self.lake = FolderLake(root / "lake")
        self.processes = Processes()
        index = Index.open(root / "index", threads=1, memory_limit="512MB")
        key = Pseudonyms(b"k" * 32)
        old = stored(build.sr([build.num(OLD_CONCEPT, 7)]))
        new = [build.sr([build.num("SCT|410668003|Length", one)], PatientID=f"N{one}") for one in LENGTHS]
        gone = Batch(gone=[Observed(old["instance"][0][0], 2**62)])
        for batches in ([Batch.of([old])], [gone, Batch.of([stored(one) for one in new])]):
            for batch in batches:
                index.apply(batch)
            publish(index, self.lake, "pseudonymise", key)
        index.close()
        self._keep_secrets()
        (self.snapshot / "link").symlink_to(self.private)
        (self.snapshot / "measurement" / "link.parquet").symlink_to(self.private / "pseudonym.key")

    def _keep_secrets(self) -> None:
        self.private.mkdir(mode=0o700)
        (self.private / "pseudonym.key").write_text(SECRET)
        with duckdb.connect(str(self.private / "index.duckdb")) as connection:
            connection.execute(f"CREATE TABLE t AS SELECT '{SECRET}' AS s")
            connection.execute(f"COPY t TO '{self.private}/t.parquet'")

    @property
    def newest(self) -> Manifest:
        """The current snapshot."""
        found = self.lake.newest()
        assert found is not None
        return found

    @property
    def snapshot(self) -> Path:
        """The folder of the current snapshot."""
        return Path(self.newest.where)

    def question(self, sql: str, format: FormatName = "json", **bounds: Any) -> Question:
        """Return a question about the current snapshot; bounds: other than `BOUNDS`."""
        return question(self.newest, sql, format, dataclasses.replace(BOUNDS, **bounds))

    def ask(self, sql: str, format: FormatName = "json", **bounds: Any) -> bytes:
        """Return what a statement answers. Raises what `Process.answer` raises."""
        with self.processes.started(self.question(sql, format, **bounds)) as process:
            return process.answer().body

    def rows(self, sql: str, **bounds: Any) -> list[dict[str, Any]]:
        """Return the rows that a statement answers."""
        found: list[dict[str, Any]] = orjson.loads(self.ask(sql, **bounds))["rows"]
        return found

    def state(self) -> dict[str, str]:
        """Return the content of every file of the site, as a hash, by path."""
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
            for path in sorted(self.root.rglob("*"))
        }
