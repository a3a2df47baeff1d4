"""From rows of buckets to a snapshot of the lake: large tables are sorted by Spark, others by one task each.

Knows the lake and Spark; nothing of objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import chain
from pathlib import Path

import orjson
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from orthanc_cohorts import __version__
from orthanc_cohorts.cluster.settings import Settings
from orthanc_cohorts.cluster.shown import schemas
from orthanc_cohorts.cluster.sorting import KEPT, Sorted, of_many_tasks, of_one_task
from orthanc_cohorts.cluster.spark import ddl
from orthanc_cohorts.cluster.work import Work
from orthanc_cohorts.errors import CohortsError
from orthanc_cohorts.lake import Lake
from orthanc_cohorts.lake.catalog import describe
from orthanc_cohorts.lake.rows import order_of
from orthanc_cohorts.lake.segments import SEGMENT_ROWS, Segments, rows_in
from orthanc_cohorts.lake.snapshots import RUN
from orthanc_cohorts.lake.tables import KEYS

SOURCE = "files"
"""What a snapshot says that it is of; one of an index says nothing."""


class ClusterError(CohortsError):
    """The job has failed, has found nothing, or is not to begin; the lake is as it was."""


def refuse_other_sources(lake: Lake) -> None:
    """Raises ClusterError: an index is published into this lake, which would remove the files of a job."""
    current = lake.current()
    if current is not None and orjson.loads((current / RUN).read_bytes()).get("source") != SOURCE:
        raise ClusterError(f"{lake.root} is the lake of an index: files go into a lake of their own")


def show(
    spark: SparkSession, work: Work, lake: Lake, settings: Settings, counts: dict[str, int]
) -> tuple[Path, dict[str, int]]:
    """Sort the rows of all buckets into files, and make them the current snapshot.

    counts: rows by table, as the buckets tell. Return the folder of the snapshot, and files by table.
    Raises ClusterError: two keys have got the same number, or rows are missing.
    """
    tables = [
        Sorted(table.name, schema, order_of(table, schema.names), work.files_of(table.name))
        for table, schema in schemas(settings).items()
    ]
    _refuse_shared_keys(spark, work)
    files = _kept(spark, tables, work, lake, settings, counts)
    there = {name: rows_in(kept) for name, kept in files.items()}
    expected = {one.table: counts.get(one.table, 0) for one in tables}
    if there != expected:
        wrong = next(name for name in expected if there[name] != expected[name])
        raise ClusterError(
            f"{wrong} has {there[wrong]:,} rows of {expected[wrong]:,}: nothing is shown; run the job again"
        )
    said = {
        "generation": None,
        "seq": None,
        "source": SOURCE,
        "policy": settings.policy,
        "software": __version__,
        "rows": there,
    }
    described = {name: pq.read_schema(kept[0]) for name, kept in files.items()}
    folder = lake.show(files, lambda folder: describe(folder, described), orjson.dumps(said))
    return folder, {name: len(kept) for name, kept in files.items()}


def _refuse_shared_keys(spark: SparkSession, work: Work) -> None:
    """Raises ClusterError: things of two buckets have got the same number; within one, the bucket tells."""
    keys = [
        spark.read.schema(f"{key} bigint")
        .parquet((work.tables / table).as_uri())
        .select(F.lit(table).alias("level"), F.col(key).alias("key"))
        for key, table in KEYS.items()
        if work.files_of(table)
    ]
    together = reduce(DataFrame.unionAll, keys)
    for row in together.groupBy("level", "key").count().where("count > 1").limit(1).collect():
        raise ClusterError(f"two {row['level']} keys have got the same number; nothing is shown")


def _kept(
    spark: SparkSession,
    tables: list[Sorted],
    work: Work,
    lake: Lake,
    settings: Settings,
    counts: dict[str, int],
) -> dict[str, list[Path]]:
    """Return the files of each table, one without rows where there are none."""
    large = [one for one in tables if counts.get(one.table, 0) > SEGMENT_ROWS]
    small = [one for one in tables if one.files and one not in large]
    files: dict[str, list[Path]] = {one.table: [] for one in tables}
    ranges = (_by_range(spark, one, work, lake, counts[one.table]) for one in large)
    for table, name in chain(_by_table(spark, small, lake, settings), *ranges):
        files[table].append(lake.data / table / name)
    for one in tables:
        if not files[one.table]:
            files[one.table] = Segments(lake, one.table, one.schema).end(is_one_wanted=True)
    return files


def _by_table(
    spark: SparkSession, small: list[Sorted], lake: Lake, settings: Settings
) -> Iterator[tuple[str, str]]:
    """Have tables sorted by few tasks, each table by one."""
    tasks = min(len(small), 2 * spark.sparkContext.defaultParallelism)
    sizes = {one.table: sum(Path(file).stat().st_size for file in one.files) for one in small}
    ordered = sorted(small, key=lambda one: -sizes[one.table])
    write = of_one_task([ordered[number::tasks] for number in range(tasks)], lake.root.absolute(), settings)
    asked = spark.range(0, tasks, 1, tasks).mapInArrow(write, ddl(KEPT))
    yield from ((row["table"], row["file"]) for row in asked.collect())


def _by_range(
    spark: SparkSession, wanted: Sorted, work: Work, lake: Lake, count: int
) -> Iterator[tuple[str, str]]:
    """Have a table sorted by as many tasks as it is to have files, by ranges of its first columns."""
    order = [F.asc_nulls_last(f"`{name}`") for name in wanted.order]
    rows = spark.read.parquet((work.tables / wanted.table).as_uri())
    rows = rows.select([f"`{name}`" for name in wanted.schema.names])
    ranges = rows.repartitionByRange(-(-count // SEGMENT_ROWS), *order).sortWithinPartitions(*order)
    write = of_many_tasks(wanted, lake.root.absolute())
    yield from ((row["table"], row["file"]) for row in ranges.mapInArrow(write, ddl(KEPT)).collect())
