"""How an archive is cut into buckets."""

from __future__ import annotations

import pytest

pytest.importorskip("pyspark", reason="pyspark is not installed (extra `spark`)")

from orthanc_cohorts.cluster.routing import BUCKET_BYTES, BUCKET_OBJECTS, Sizes, number_of_buckets


@pytest.mark.parametrize(
    ("objects", "size", "at_once", "buckets"),
    [
        (1, 1_000, 8, 1),
        (2_000, 1_000, 8, 4),
        (1_000_000, 1_000, 8, 20),
        (1_000, 10 * BUCKET_BYTES + 1, 8, 11),
        (100_000_000, 1, 8, 100_000_000 // BUCKET_OBJECTS),
    ],
)
def test_buckets_are_bounded_and_few_objects_make_few(
    objects: int, size: int, at_once: int, buckets: int
) -> None:
    assert number_of_buckets(Sizes(objects, 0, 0, objects, size), at_once) == buckets
