"""The whole of a job: files in, three passes, one snapshot of a lake out.

Until the snapshot is shown nothing of it can be seen; whoever is killed before leaves the lake as it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from orthanc_cohorts.cluster import routing
from orthanc_cohorts.cluster.places import files_in
from orthanc_cohorts.cluster.reading import FILES, READ, reading
from orthanc_cohorts.cluster.settings import Settings
from orthanc_cohorts.cluster.snapshot import ClusterError, refuse_other_sources, show
from orthanc_cohorts.cluster.spark import configured, ddl, job_group
from orthanc_cohorts.cluster.taking import TOLD, taking
from orthanc_cohorts.cluster.told import report_of
from orthanc_cohorts.cluster.work import Work, working_folder
from orthanc_cohorts.lake import Manifest, lake_at
from orthanc_cohorts.offline.report import Report, Trouble

TASK_FILES = 2_000
"""Files that a task reads: what is read again where one fails."""
FEW_FILES = 50
"""Fewer take less time than a further task does."""
LISTED = 100_000
"""Unreadable and damaged files that a report lists; all are counted."""
_SPARK = {
    # Rows that Spark hands to Python at once: a large report has megabytes of them.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "64",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
}


@dataclass(frozen=True, slots=True)
class Archive:
    """What is to be flattened, as `places.files_in` takes it."""

    places: Sequence[str] = ()
    lists: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A snapshot of a lake, which is the current one.

    report: what was met; of its troubles LISTED at most, the first by path. troubles: how many there are.
    """

    manifest: Manifest
    report: Report
    troubles: int


def flatten_archive(
    spark: SparkSession,
    archive: Archive,
    place: str | Path,
    settings: Settings,
    *,
    beside: Path | None = None,
    with_md5: bool = False,
    keep_seconds: float = 86_400.0,
    tell: Callable[[str], None] = lambda line: None,
) -> Made:
    """Flatten the files of an archive and publish their rows as a snapshot of the lake at a place.

    place: folder or `s3://bucket/prefix?...`, as `lake.lake_at` takes it. beside: in which folder the working
    folder is made; None: in that of the lake. All machines of the cluster share these folders. with_md5: read
    bulk data too, for the MD5 of every file; without, only files with the same identifiers are read whole.
    keep_seconds: how long earlier snapshots stay. tell: called with a line about what begins.
    Raises CohortsError, OSError.
    """
    place = str(place if "://" in str(place) else Path(place).absolute())
    with (
        working_folder(place, beside) as work,
        configured(spark, _SPARK),
        job_group(spark, group_of(place)),
    ):
        lake = lake_at(place, work.scratch)
        refuse_other_sources(lake)
        lake.prepare()
        try:
            made = _Job(spark, work, settings, with_md5, tell).run(archive, place)
        except (PySparkException, Py4JError) as error:
            raise ClusterError(
                f"the job has failed ({type(error).__name__}) and the lake is as it was; Spark's log says why"
            ) from error
        lake.retire(keep_seconds)
    return made


def group_of(place: str | Path) -> str:
    """Return what Spark calls all jobs that write the lake at a place."""
    return f"flatten {lake_at(place).where}"


@dataclass(frozen=True, slots=True)
class _Job:
    spark: SparkSession
    work: Work
    settings: Settings
    with_md5: bool
    tell: Callable[[str], None]

    def run(self, archive: Archive, place: str) -> Made:
        """Run the passes."""
        troubles: list[Trouble] = []
        self.tell("listing files")
        count = self.work.list_files(files_in(archive.places, archive.lists, troubles))
        self.tell(f"reading {count:,} files")
        read = self._read(count)
        found = routing.sizes(read)
        if not found.objects:
            first = next((f" ({one.path}: {one.reason})" for one in troubles + self._unreadable(read)), "")
            raise ClusterError(f"no DICOM object among {found.files:,} files{first}; the lake is as it was")
        at_once = self.spark.sparkContext.defaultParallelism
        buckets = routing.number_of_buckets(found, at_once)
        self.tell(f"taking in {found.objects:,} objects in {buckets:,} parts")
        self._take(read, buckets)
        report = report_of(self.work.root / "told")
        report.files, report.no_dicom = found.files, found.passed_over
        report.troubles += troubles
        in_all = len(report.troubles) + found.troubles
        report.troubles = sorted(report.troubles + self._unreadable(read))[:LISTED]
        self.tell(f"sorting {sum(report.rows.values()):,} rows")
        manifest = show(self.spark, self.work, place, self.settings, report.rows)
        return Made(manifest, report, in_all)

    def _read(self, count: int) -> DataFrame:
        """Have all files read, once; return what they gave."""
        at_once = self.spark.sparkContext.defaultParallelism
        tasks = max(1, count // TASK_FILES, min(4 * at_once, count // FEW_FILES))
        listed = self.spark.read.schema(ddl(FILES)).parquet(self.work.uri("files"))
        # Neighbours stay together, and a file is read once however often it is named.
        apart = listed.repartitionByRange(tasks, "path").groupBy("path").agg(F.max("named").alias("named"))
        read = apart.mapInArrow(reading(self.with_md5), ddl(READ))
        read.write.option("compression", "zstd").parquet(self.work.uri("read"))
        return self.spark.read.schema(ddl(READ)).parquet(self.work.uri("read"))

    def _take(self, read: DataFrame, buckets: int) -> None:
        """Have all objects taken in, and the rows of buckets written."""
        incoming = routing.incoming(self.spark, read, buckets, self.with_md5)
        told = incoming.mapInArrow(taking(self.settings, str(self.work.tables)), ddl(TOLD))
        told.write.parquet(self.work.uri("told"))

    def _unreadable(self, read: DataFrame) -> list[Trouble]:
        """Return the first of the files that could not be read, or not whole."""
        rows = read.where("trouble IS NOT NULL").select("path", "trouble").orderBy("path").limit(LISTED)
        return [Trouble(os.fsdecode(bytes(row["path"])), row["trouble"]) for row in rows.collect()]
