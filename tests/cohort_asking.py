"""Questions to an engine on rows written by hand, for tests of what the cohort language means.

Each is asked of Parquet files too, by DuckDB; with COHORT_ON_SPARK=1 by Spark as well, which takes a second.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from cohort_rows import MemoryIndex, Rows
from lakes import written
from orthanc_cohorts.cohort import Answer, Engine, canonical, parse
from orthanc_cohorts.portable import statement
from orthanc_cohorts.portable.asking import in_duckdb, in_spark
from orthanc_cohorts.portable.dialects import Dialect
from spark_here import session

ON_SPARK = os.environ.get("COHORT_ON_SPARK") == "1"


def ask(rows: Rows, where: Any = None, unit: str = "patient") -> Answer:
    """Return what a new engine answers; the statement of the definition counts as many in files."""
    index = MemoryIndex(rows)
    definition = parse({"version": 1, "unit": unit, "where": where})
    with index.read() as snapshot:
        answer = Engine().answer(snapshot, canonical(definition))
    assert counted_in_files(index, definition) == answer.count
    if ON_SPARK:
        assert counted_in_files(index, definition, "spark") == answer.count
    return answer


def counted_in_files(index: MemoryIndex, definition: Any, engine: Dialect = "duckdb") -> int:
    """Return what is counted in Parquet files of the tables that the statement of a definition reads."""
    asked = statement(definition)
    with tempfile.TemporaryDirectory() as folder:
        sql = asked.sql(engine, written(index, asked.tables, Path(folder)))
        return asked.count(in_duckdb(sql) if engine == "duckdb" else in_spark(sql, session()))


def keys(rows: Rows, where: Any, unit: str = "patient") -> list[int]:
    """Return the keys of the units for which a clause is true."""
    return list(map(int, ask(rows, where, unit).keys))


def two_patients() -> Rows:
    rows = Rows()
    rows.study(0, 0)
    rows.study(1, 1)
    return rows
