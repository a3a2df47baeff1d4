"""From rows of buckets to a snapshot of the lake: large tables are sorted by Spark, others by one task each.

Knows the lake and Spark; nothing of objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import chain
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from orthanc_cohorts import __version__
from orthanc_cohorts.cluster.settings import Settings
from orthanc_cohorts.cluster.shown import schemas
from orthanc_cohorts.cluster.sorting import KEPT, Sorted, of_many_tasks, of_one_task
from orthanc_cohorts.cluster.spark import ddl
from orthanc_cohorts.cluster.work import Work, uri_of
from orthanc_cohorts.errors import CohortsError
from orthanc_cohorts.lake import DataFile, Lake, Manifest, lake_at
from orthanc_cohorts.lake.catalog import documents
from orthanc_cohorts.lake.rows import order_of
from orthanc_cohorts.lake.segments import SEGMENT_ROWS, Segments
from orthanc_cohorts.lake.tables import KEYS

SOURCE = "files"
"""What a snapshot says that it is of; one of an index says nothing."""


class ClusterError(CohortsError):
    """The job has failed, has found nothing, or is not to begin; the lake is as it was."""


def refuse_other_sources(lake: Lake) -> None:
    """Raises ClusterError: an index is published into this lake, which would remove the files of a job."""
    newest = lake.newest()
    if newest is not None and newest.run.get("source") != SOURCE:
        raise ClusterError(f"{lake.where} is the lake of an index: files go into a lake of their own")


def show(spark: SparkSession, work: Work, place: str, settings: Settings, counts: dict[str, int]) -> Manifest:
    """Sort the rows of all buckets into files, and make them the current snapshot of the lake at a place.

    counts: rows by table, as the buckets tell.
    Raises ClusterError: two keys have got the same number, or rows are missing.
    """
    tables = [
        Sorted(table.name, schema, order_of(table, schema.names), work.files_of(table.name))
        for table, schema in schemas(settings).items()
    ]
    _refuse_shared_keys(spark, work)
    files = _kept(spark, tables, work, place, settings, counts)
    there = {name: sum(file.rows for file in kept) for name, kept in files.items()}
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
    described = documents({one.table: one.schema for one in tables})
    return lake_at(place, work.scratch).show(files, described, said)


def _refuse_shared_keys(spark: SparkSession, work: Work) -> None:
    """Raises ClusterError: things of two buckets have got the same number; within one, the bucket tells."""
    keys = [
        spark.read.schema(f"{key} bigint")
        .parquet(uri_of(work.tables / table))
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
    place: str,
    settings: Settings,
    counts: dict[str, int],
) -> dict[str, list[DataFile]]:
    """Return the files of each table, one without rows where there are none."""
    large = [one for one in tables if counts.get(one.table, 0) > SEGMENT_ROWS]
    small = [one for one in tables if one.files and one not in large]
    files: dict[str, list[DataFile]] = {one.table: [] for one in tables}
    ranges = (_by_range(spark, one, work, place, counts[one.table]) for one in large)
    for file in chain(_by_table(spark, small, place, settings), *ranges):
        files[file.table].append(file)
    lake = lake_at(place, work.scratch)
    for one in tables:
        if not files[one.table]:
            files[one.table] = Segments(lake, one.table, one.schema).end(is_one_wanted=True)
    return files


def _by_table(spark: SparkSession, small: list[Sorted], place: str, settings: Settings) -> Iterator[DataFile]:
    """Have tables sorted by few tasks, each table by one."""
    tasks = min(len(small), 2 * spark.sparkContext.defaultParallelism)
    sizes = {one.table: sum(Path(file).stat().st_size for file in one.files) for one in small}
    ordered = sorted(small, key=lambda one: -sizes[one.table])
    write = of_one_task([ordered[number::tasks] for number in range(tasks)], place, settings)
    asked = spark.range(0, tasks, 1, tasks).mapInArrow(write, ddl(KEPT))
    yield from (DataFile(*row) for row in asked.collect())


def _by_range(spark: SparkSession, wanted: Sorted, work: Work, place: str, count: int) -> Iterator[DataFile]:
    """Have a table sorted by as many tasks as it is to have files, by ranges of its first columns."""
    order = [F.asc_nulls_last(f"`{name}`") for name in wanted.order]
    rows = spark.read.parquet(uri_of(work.tables / wanted.table))
    rows = rows.select([f"`{name}`" for name in wanted.schema.names])
    ranges = rows.repartitionByRange(-(-count // SEGMENT_ROWS), *order).sortWithinPartitions(*order)
    kept = ranges.mapInArrow(of_many_tasks(wanted, place), ddl(KEPT))
    yield from (DataFile(*row) for row in kept.collect())
