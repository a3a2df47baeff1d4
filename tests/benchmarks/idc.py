"""IDC's real index of series, as rows of ours, and as users of idc-index ask it; in turns.

Knows `idc_index_data` and its columns. Needs the extra `bench`; what is not installed is said, not measured.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import pyarrow as pa
from orthanc_cohorts_sql import load

from benchmarks import archive
from benchmarks.asking import THREADS, Asker, body
from benchmarks.figures import Figure, Hold, Part, paragraphs, percentile
from benchmarks.statements import statement
from orthanc_cohorts.store import Index
from orthanc_cohorts.store.database import connect
from orthanc_cohorts.store.statements import column

MODALITIES = (("CT", "SEG"), ("MR", "SEG"), ("CT", "SR"), ("CT", "RTSTRUCT"))
SERIES = 1_044_191
"""In idc-index-data 25.0.5; another number is another version."""
_MEMORY_LIMIT = "2GB"
_HOLD_MS = 10


def missing() -> str | None:
    """Return why this cannot be measured, None if it can."""
    lacking = [name for name in ("idc_index_data", "pandas") if find_spec(name) is None]
    return f"not installed: {', '.join(lacking)}; pip install -e '.[bench]'" if lacking else None


def measure(folder: Path, quick: bool) -> Part:
    """Return what a question for patients with two modalities takes, for each of the ways."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        times, counts = pool.apply(_measure, (folder / "idc", 5 if quick else 40))
    asked = "; ".join(f"{one} and {other}: {counts[one, other]:,}" for one, other in MODALITIES)
    how = paragraphs(
        f"""
        The index of NCI Imaging Data Commons, {SERIES:,} series (`idc-index-data` 25.0.5), loaded as
        rows of `series`, `study` and `patient`; patients with series of two modalities ({asked}), asked
        at the desk with nothing cached or held but the list of units. idc-index's way: a pandas frame of its
        Parquet file, registered in DuckDB for each question, as `IDCClient.sql_query` of idc-index
        0.13.4 does (the package itself wants DuckDB before 2.0); and the same SQL on the file. In turns;
        equal answers are asserted.
        """
    )
    first, *_ = MODALITIES
    return Part(
        "IDC's index of series",
        how,
        [
            Figure("CT and SEG, ours, p50", median(times["ours", first]), "ms"),
            Figure(
                "CT and SEG, ours, p95", percentile(times["ours", first], 95), "ms", Hold(at_most=_HOLD_MS)
            ),
            Figure("CT and SEG, idc-index's way, p50", median(times["idc-index", first]), "ms"),
            Figure("CT and SEG, SQL on the Parquet file, p50", median(times["file", first]), "ms"),
            *(
                Figure(f"all four, {way}, p50", median(_all(times, way)), "ms")
                for way in ("ours", "idc-index", "file")
            ),
        ],
    )


def _all(times: dict[tuple[str, tuple[str, str]], list[float]], way: str) -> Sequence[float]:
    return [time for (name, _), part in times.items() if name == way for time in part]


def fill(directory: Path) -> None:
    """Make an index of IDC's series in a directory that holds none.

    Raises RuntimeError: another version of the data than the figures speak of.
    """
    connection = connect(directory, memory_limit=_MEMORY_LIMIT)
    try:
        for setting in ("SET threads = 2", "SET enable_progress_bar = false"):
            connection.execute(setting).fetchall()
        for name in ("archive/orthanc_id", "archive/prefix_of"):
            connection.execute(statement(name)).fetchall()
        for name in ("idc/study", "idc/series"):
            connection.execute(statement(name), {"parquet": _parquet()}).fetchall()
        [(series,)] = connection.execute("SELECT count(*) FROM series").fetchall()
        if series != SERIES:
            raise RuntimeError(f"idc-index-data holds {series:,} series, not {SERIES:,}: install 25.0.5")
        [(patients,)] = connection.execute("SELECT max(patient_key) FROM study").fetchall()
        _patients(connection, column("patient_key", range(1, patients + 1), pa.int32()))
    finally:
        connection.close()


def _patients(connection: Any, incoming: pa.Table) -> None:
    connection.execute(load("store/derive_patient")).fetchall()


def _parquet() -> str:
    from idc_index_data import IDC_INDEX_PARQUET_FILEPATH

    return str(IDC_INDEX_PARQUET_FILEPATH)


def _measure(directory: Path, rounds: int) -> tuple[dict[Any, list[float]], dict[Any, int]]:
    return asyncio.run(_measured(directory, rounds))


async def _measured(directory: Path, rounds: int) -> tuple[dict[Any, list[float]], dict[Any, int]]:
    fill(directory)
    index = Index.open(directory, threads=THREADS, memory_limit=_MEMORY_LIMIT)
    try:
        archive.arranged(index)
        asker, theirs = Asker(index), _Theirs()
        times: dict[Any, list[float]] = {}
        counts: dict[Any, int] = {}
        for number in range(-1, rounds):
            for pair in MODALITIES:
                answers = {
                    "ours": asker.count(asker.fresh(), body(_definition(*pair))),
                    "idc-index": theirs.frame(*pair),
                    "file": theirs.file(*pair),
                }
                found = {count for _, count in answers.values()}
                assert len(found) == 1, f"the answers differ: {pair} {answers}"
                counts[pair] = found.pop()
                # The first round warms all of them.
                if number >= 0:
                    for way, (time, _) in answers.items():
                        times.setdefault((way, pair), []).append(time)
    finally:
        index.close()
    return times, counts


class _Theirs:
    """Asks as users of idc-index do; times in ms."""

    def __init__(self) -> None:
        import duckdb
        import pandas

        self._connection = duckdb.connect()
        self._connection.execute(f"SET threads = {THREADS}").fetchall()
        self._frame = pandas.read_parquet(_parquet())

    def frame(self, one: str, other: str) -> tuple[float, int]:
        """Ask the frame."""
        began = perf_counter()
        self._connection.register("index", self._frame)
        found = self._connection.sql(
            statement("idc/patients_of_both"), params={"one": one, "other": other}
        ).to_df()
        return (perf_counter() - began) * 1e3, int(found["patients"][0])

    def file(self, one: str, other: str) -> tuple[float, int]:
        """Ask the file."""
        began = perf_counter()
        [(count,)] = self._connection.execute(
            statement("idc/patients_of_both_in_file"), {"one": one, "other": other, "parquet": _parquet()}
        ).fetchall()
        return (perf_counter() - began) * 1e3, count


def _definition(one: str, other: str) -> dict[str, Any]:
    args = [{"op": "series", "modality": [modality]} for modality in (one, other)]
    return {"version": 1, "unit": "patient", "where": {"op": "and", "args": args}}
