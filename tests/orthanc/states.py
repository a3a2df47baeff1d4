"""What Orthanc holds and what the index says, in forms that can be compared.

Reads the index of a stopped sidecar from a copy of its file; knows table names, no code under test.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from orthanc.harness import Orthanc

FAST = {"PollSeconds": 0.1, "PurgeSeconds": 0.0, "ArrangeRows": 0}
"""Options that make a sidecar follow, purge and arrange at once, so that tests need not wait."""

FACTS = (
    "instance", "instance_header", "document", "content_item", "observation_group", "measurement",
    "evaluation", "text_item", "region", "content_edge", "code_alternative", "participant", "subject",
    "reference", "segment", "waveform", "waveform_channel", "waveform_annotation", "roi", "attribute",
    "problem",
)  # fmt: skip
DERIVED = ("series", "study", "patient", "patient_identity")
OF_THE_FILE = ("attachment_uuid", "seq")
"""Columns that differ from one Orthanc to the next though they store the same bytes."""
OF_THE_TRANSFER = (*OF_THE_FILE, "md5", "size_bytes", "transfer_syntax_uid")
"""Columns that differ when the same object comes another way: C-STORE writes the file anew."""

Snapshot = dict[str, list[tuple[Any, ...]]]


# --- what Orthanc holds


def held(orthanc: Orthanc) -> dict[str, str]:
    """Return the UUID of the file of every instance that Orthanc holds."""
    answer = orthanc.get("/instances", params={"expand": "", "since": "0", "limit": "1000000"})
    return {instance["ID"]: instance["FileUuid"] for instance in answer.raise_for_status().json()}


def settle(orthanc: Orthanc, timeout_seconds: float = 90.0) -> dict[str, Any]:
    """Wait until nothing is queued, the log is followed to its end and every comparison is over."""
    orthanc.wait_indexed(timeout_seconds)
    health: dict[str, Any] = {}

    def calm() -> bool:
        status = orthanc.status()
        health.clear()
        health.update((status.get("sidecar") or {}).get("health") or {})
        return status.get("queue") == 0 and bool(health) and not _busy(health)

    orthanc.wait_until(calm, timeout_seconds, "the index has come to rest", health)
    return health


def _busy(health: Mapping[str, Any]) -> bool:
    return bool(
        health["reconcile"]["waiting"] or health["deferred"] or health["unreadable"] or health["lag_changes"]
    )


def pushed(orthanc: Orthanc, timeout_seconds: float = 30.0) -> None:
    """Wait until everything that Orthanc has told the plugin is in the index; faster than `settle`."""
    seen: list[int] = []

    def quiet() -> bool:
        # Orthanc hands out events every 100 ms: several empty looks, one after the other.
        seen.append(orthanc.status()["queue"])
        return len(seen) >= 8 and not any(seen[-8:])

    orthanc.wait_until(quiet, timeout_seconds, "the plugin's queue is empty")


# --- what the index says


@contextmanager
def opened(data_directory: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a copy of an index whose sidecar has stopped."""
    with tempfile.TemporaryDirectory() as folder:
        for file in data_directory.glob("index.duckdb*"):
            shutil.copy(file, folder)
        connection = duckdb.connect(str(Path(folder) / "index.duckdb"))
        try:
            yield connection
        finally:
            connection.close()


def indexed(data_directory: Path) -> list[tuple[str, str]]:
    """Return (Orthanc id, UUID of the file) of every live instance, sorted; a duplicate shows twice."""
    with opened(data_directory) as connection:
        return connection.sql(
            "SELECT orthanc_id, attachment_uuid FROM instance ANTI JOIN tombstone USING (instance_key) "
            "ORDER BY ALL"
        ).fetchall()


def snapshot(data_directory: Path, without: Collection[str] = OF_THE_FILE) -> Snapshot:
    """Return every live row of every table, named by identifiers instead of keys, sorted.

    without: columns to leave out.
    """
    with opened(data_directory) as connection:
        return {name: _rows(connection, name, without) for name in (*FACTS, *DERIVED)}


_NAMES = {
    "instance_key": "(SELECT any_value(orthanc_id) FROM instance AS n WHERE n.instance_key = t.instance_key)",
    "series_key": "(SELECT any_value(orthanc_id) FROM series AS n WHERE n.series_key = t.series_key)",
    "study_key": "(SELECT any_value(orthanc_id) FROM study AS n WHERE n.study_key = t.study_key)",
    "patient_key": (
        "(SELECT list_sort(list(concat_ws('|', n.patient_id, n.issuer_of_patient_id, n.study_instance_uid)))"
        " FROM patient_identity AS n WHERE n.patient_key = t.patient_key)"
    ),
}


def _rows(
    connection: duckdb.DuckDBPyConnection, name: str, without: Collection[str]
) -> list[tuple[Any, ...]]:
    source = _source(name)
    columns = [row[0] for row in connection.execute(f"DESCRIBE FROM {source}").fetchall()]
    wanted = [_NAMES.get(column, f't."{column}"') for column in columns if column not in without]
    live = "ANTI JOIN tombstone AS dead USING (instance_key)" if "instance_key" in columns else ""
    return sorted(
        connection.execute(f"SELECT {', '.join(wanted)} FROM {source} AS t {live}").fetchall(), key=repr
    )


def _source(name: str) -> str:
    """Return what to read a table from: rows that several instances share count once for each of them."""
    if name == "attribute":
        return "(SELECT unnest(instance_keys) AS instance_key, * EXCLUDE instance_keys FROM attribute)"
    return f'"{name}"'


def differences(one: Snapshot, other: Snapshot) -> list[str]:
    """Return, a line each, the rows that only one of two snapshots has; empty for equal ones."""
    lines = []
    for name in one:
        left, right = (Counter(map(repr, snapshot[name])) for snapshot in (one, other))
        lines += [f"- {name} {row}" for row in left - right]
        lines += [f"+ {name} {row}" for row in right - left]
    return lines


def flaws(data_directory: Path) -> list[str]:
    """Return what is wrong with an index in itself: duplicates, orphans, rows that outlived their cause."""
    found = []
    with opened(data_directory) as connection:
        for name, statement in _SOUND.items():
            found += [f"{name}: {row}" for row in connection.execute(statement).fetchall()]
        for name in FACTS[1:]:
            statement = (
                f"SELECT instance_key FROM {_source(name)} AS f LEFT JOIN instance AS i USING (instance_key)"
                " WHERE i.instance_key IS NULL OR (f.series_key, f.study_key) <> (i.series_key, i.study_key)"
            )
            found += [f"orphan in {name}: {row}" for row in connection.execute(statement).fetchall()]
    return found


_LIVE = "instance AS i ANTI JOIN tombstone AS dead USING (instance_key)"
_SOUND = {
    "instance twice": f"SELECT orthanc_id FROM {_LIVE} GROUP BY 1 HAVING count(*) > 1",
    "no single header": (
        f"SELECT i.orthanc_id FROM {_LIVE} LEFT JOIN instance_header AS h ON h.instance_key = i.instance_key "
        "GROUP BY 1 HAVING count(h.instance_key) <> 1"
    ),
    "series not of its instances": (
        f"SELECT series_key FROM (SELECT series_key, count(*) AS n FROM {_LIVE} GROUP BY 1) AS live "
        "FULL JOIN series AS s USING (series_key) WHERE s.instance_count IS DISTINCT FROM live.n"
    ),
    "study not of its instances": (
        f"SELECT study_key FROM (SELECT study_key, count(*) AS n FROM {_LIVE} GROUP BY 1) AS live "
        "FULL JOIN study AS s USING (study_key) WHERE s.instance_count IS DISTINCT FROM live.n"
    ),
    "series twice": "SELECT orthanc_id FROM series GROUP BY 1 HAVING count(*) > 1",
    "study twice": "SELECT orthanc_id FROM study GROUP BY 1 HAVING count(*) > 1",
    "patient not of studies": (
        "SELECT patient_key FROM (SELECT patient_key, count(*) AS n FROM study GROUP BY 1) AS live "
        "FULL JOIN patient AS p USING (patient_key) WHERE p.study_count IS DISTINCT FROM live.n"
    ),
    "identity of nobody": (
        "SELECT patient_key FROM patient_identity FULL JOIN patient USING (patient_key) "
        "WHERE patient_identity.patient_key IS NULL OR patient.patient_key IS NULL"
    ),
    "tombstone of nobody": "SELECT instance_key FROM tombstone ANTI JOIN instance USING (instance_key)",
    "tombstone twice": "SELECT instance_key FROM tombstone GROUP BY 1 HAVING count(*) > 1",
}


def _arranged(name: str, values: tuple[str, str], stated: str, coded: tuple[str, ...]) -> str:
    """Return the statement that yields what differs between arranged rows and the facts they copy."""
    numbers = ", ".join(f"(SELECT code FROM arranged_code WHERE number = a.{column})" for column in coded)
    path = "(SELECT path FROM arranged_path WHERE number = a.group_path)"
    live = "ANTI JOIN tombstone AS dead USING (instance_key)"
    facts = ", ".join(f"f.{column}" for column in coded)
    time = "CASE WHEN instance_key NOT IN (SELECT instance_key FROM moved) THEN event_time END"
    return (
        f"WITH a AS (SELECT instance_key, series_key, study_key, {time}, {values[0]}, {numbers}, {path} "
        f"FROM arranged_{name} AS a {live}), "
        f"f AS (SELECT instance_key, series_key, study_key, {time}, {values[1]}, {facts}, f.group_path "
        f"FROM live_{name} AS f WHERE {stated} AND instance_key < (SELECT below FROM arrangement)) "
        "(FROM a EXCEPT ALL FROM f) UNION ALL (FROM f EXCEPT ALL FROM a)"
    )


_SOUND |= {
    "arranged measurement": _arranged(
        "measurement",
        ("value, value_index", "coalesce(value_canonical, value), value_index"),
        "value IS NOT NULL",
        ("concept", "site", "laterality", "method", "derivation"),
    ),
    "arranged evaluation": _arranged(
        "evaluation", ("1", "1"), "value_code IS NOT NULL", ("concept", "value", "site", "laterality")
    ),
    "two arrangements": "SELECT count(*) FROM arrangement HAVING count(*) > 1",
}


def leftovers(data_directory: Path) -> dict[str, int]:
    """Return how many rows each table still has on disk, dead ones included; empty when none has any."""
    with opened(data_directory) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
        names = {name for (name,) in tables} - {"state", "arrangement", "touched_study"}
        counts = {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchall()[0][0] for name in names
        }
    return {name: count for name, count in counts.items() if count}


def assert_equal_to_a_new_index(orthanc: Orthanc) -> None:
    """Compare the index of a stopped Orthanc with one built anew from all that it holds."""
    kept = snapshot(orthanc.data_directory, without=("seq",))
    shutil.rmtree(orthanc.data_directory)
    orthanc.start()
    settle(orthanc)
    orthanc.terminate()

    assert differences(kept, snapshot(orthanc.data_directory, without=("seq",))) == []


def assert_equal_to_orthanc(orthanc: Orthanc) -> None:
    """Settle, stop Orthanc, compare the index with what it held, instance by instance."""
    settle(orthanc)
    holds = held(orthanc)
    orthanc.terminate()

    assert indexed(orthanc.data_directory) == sorted(holds.items())
    assert flaws(orthanc.data_directory) == []
