"""Which task takes an object, and which objects of other tasks its references must find there.

All objects of a person go to one bucket, and a bucket to one task. Knows rows of `reading.READ` as Spark sees
them.
"""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

BUCKET_BYTES = 500_000_000
"""Of packed rows; the index of a bucket on disk is about as large."""
BUCKET_OBJECTS = 50_000
FEW_OBJECTS = 500
"""Fewer in a bucket take less time than a bucket itself does."""

INCOMING = pa.schema(
    {
        "bucket": pa.int64(),
        "is_guest": pa.bool_(),
        "path": pa.binary(),
        "orthanc_id": pa.string(),
        "md5": pa.string(),
        "is_repeated": pa.bool_(),
        "sop_instance_uid": pa.string(),
        "acquisition_time": pa.string(),
        "acquisition_time_precision": pa.string(),
        "supersedes": pa.string(),
        "rows": pa.binary(),
    }
)
"""What comes into a bucket: objects, with their rows; and guests, of which no row will be published.

is_repeated: another file has the same identifiers. A guest is an object of another bucket that some object of
this one refers to, with its time; or, with `supersedes`, one that names an object of this bucket as its
predecessor.
"""


class Sizes(NamedTuple):
    """What the first pass gave: files, those passed over, those that are trouble, objects.

    bytes: of the packed rows of all objects.
    """

    files: int
    passed_over: int
    troubles: int
    objects: int
    bytes: int


def sizes(read: DataFrame) -> Sizes:
    """Count what the first pass gave."""
    [row] = read.select(
        F.count("*"),
        F.coalesce(F.sum(F.col("passed_over").cast("bigint")), F.lit(0)),
        F.count("trouble"),
        F.count("orthanc_id"),
        F.coalesce(F.sum("size_bytes"), F.lit(0)),
    ).collect()
    return Sizes(*row)


def number_of_buckets(found: Sizes, at_once: int) -> int:
    """Return how many buckets there should be, where so many tasks run at once."""
    needed = max(-(-found.bytes // BUCKET_BYTES), -(-found.objects // BUCKET_OBJECTS))
    return max(1, needed, min(at_once, found.objects // FEW_OBJECTS))


def incoming(spark: SparkSession, read: DataFrame, buckets: int, with_md5: bool) -> DataFrame:
    """Return rows of INCOMING, one bucket to a partition, guests first, then objects in order of their paths.

    with_md5: whether the objects have one already; who is repeated need not be known then.
    """
    placed = read.where("orthanc_id IS NOT NULL").withColumn("bucket", _bucket(spark, buckets))
    nothing = F.lit(None).cast("string")
    objects = placed.withColumns(
        {"is_guest": F.lit(False), "is_repeated": F.lit(False), "supersedes": nothing}
    )
    guests = _seen(placed).unionByName(_successors(placed), allowMissingColumns=True)
    columns = [F.col(name) for name in INCOMING.names]
    both = objects.select(columns).unionByName(
        guests.withColumns({"is_guest": F.lit(True), "is_repeated": F.lit(False)}), allowMissingColumns=True
    )
    apart = both.repartition(buckets, "bucket")
    if not with_md5:
        # Of a bucket, which has been moved as a whole before: nothing is moved for this.
        alike = Window.partitionBy("bucket", "orthanc_id")
        apart = apart.withColumn("is_repeated", F.count("*").over(alike) > 1)
    return apart.select(columns).sortWithinPartitions("bucket", F.desc("is_guest"), "path")


def _bucket(spark: SparkSession, buckets: int) -> Column:
    """Return the bucket of a row by its person: a number that Spark puts into a partition of its own.

    Spark hashes what it partitions by, so that of the numbers 0 to n - 1 a third would share a partition.
    """
    hashed = spark.range(50 * buckets + 100).select("id", F.pmod(F.hash("id"), F.lit(buckets)).alias("place"))
    found = hashed.groupBy("place").agg(F.min("id").alias("id")).orderBy("place").collect()
    numbers = [row["id"] for row in found]
    listed = F.expr(f"array({', '.join(f'{number}L' for number in numbers)})")
    return F.element_at(listed, (F.pmod("person", F.lit(len(numbers))) + 1).cast("int"))


def _seen(placed: DataFrame) -> DataFrame:
    """Return the objects that objects of other buckets refer to, once for each of those buckets."""
    there = placed.select(
        F.col("bucket").alias("home"),
        "uid_hash",
        "sop_instance_uid",
        "acquisition_time",
        "acquisition_time_precision",
    ).distinct()
    wanted = placed.select("bucket", F.explode("target_hashes").alias("uid_hash")).distinct()
    met = wanted.join(there, "uid_hash").where("bucket <> home")
    return met.select(
        "bucket", "sop_instance_uid", "acquisition_time", "acquisition_time_precision"
    ).distinct()


def _successors(placed: DataFrame) -> DataFrame:
    """Return the predecessors that documents of other buckets name, once for the bucket of each."""
    there = placed.select("bucket", "sop_instance_uid").distinct()
    named = placed.select(
        F.col("bucket").alias("home"), F.explode("predecessors").alias("sop_instance_uid")
    ).distinct()
    met = named.join(there, "sop_instance_uid").where("bucket <> home")
    return met.select("bucket", F.col("sop_instance_uid").alias("supersedes")).distinct()
