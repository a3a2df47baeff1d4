"""Files flattened by Spark: the lake that an index of the same files publishes, row by row."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from integration.cluster import archives, killing
from integration.offline import runs
from orthanc_cohorts.lake import FolderLake
from orthanc_cohorts.lake.rows import order_of
from orthanc_cohorts.lake.tables import TABLES
from orthanc_cohorts.offline import Report

pytest.importorskip("pyspark", reason="pyspark is not installed (extra `spark`)")

from orthanc_cohorts.cluster import (
    Archive,
    ClusterError,
    Made,
    Settings,
    flatten_archive,
    job,
    routing,
    snapshot,
)
from orthanc_cohorts.errors import CohortsError

pytestmark = pytest.mark.slow
CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files of patients who refer to each other, of a demo study, and the real ones where they are."""
    folder = archives.write(tmp_path_factory.mktemp("archive"))
    return [folder, *([CORPUS] if CORPUS.is_dir() else [])]


@pytest.fixture(scope="module", autouse=True)
def _small_buckets() -> Iterator[None]:
    """Have even few objects taken in by several buckets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routing, "FEW_OBJECTS", 1)
        patch.setattr(routing, "BUCKET_OBJECTS", 150)
        yield


@pytest.fixture(scope="module")
def kept(spark: Any, archive: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The archive by Spark under policy `keep`."""
    lake = tmp_path_factory.mktemp("keep") / "the lake"
    return flatten_archive(spark, of(archive), lake, Settings("keep"), with_md5=True)


@pytest.fixture(scope="module")
def expected(archive: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    """The archive through one index, under policy `keep`."""
    return archives.published(archive, tmp_path_factory.mktemp("expected"), "keep")


@pytest.fixture(scope="module")
def covered(
    spark: Any, archive: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Made, list[int]]:
    """The archive under policy `pseudonymise`, in small files, workers being killed; and which were."""
    root = tmp_path_factory.mktemp("covered")
    killed: list[int] = []
    killer = threading.Thread(target=_kill_workers, args=(root / ".lake.flatten", killed))
    killer.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "SEGMENT_ROWS", 400)
        made = flatten_archive(spark, of(archive), root / "lake", Settings("pseudonymise", archives.KEY))
    killer.join()
    return made, killed


def of(places: list[Path]) -> Archive:
    return Archive([str(place) for place in places])


def folder_of(made: Made) -> Path:
    """Return the folder of a snapshot in a folder."""
    return Path(made.manifest.where)


def _kill_workers(work: Path, killed: list[int]) -> None:
    """Kill the workers once, as soon as a bucket has begun to write its rows."""
    until = time.monotonic() + 240
    while not killed and time.monotonic() < until:
        if any(work.glob("tables/*/*")):
            killed += killing.workers(os.getpid())
            for worker in killed:
                killing.kill(worker)
        time.sleep(0.005)


def test_every_table_has_the_rows_that_an_index_of_the_files_publishes(
    kept: Made, expected: tuple[Path, Report]
) -> None:
    assert archives.differences_but_keys(expected[0], folder_of(kept)) == []


def test_the_report_is_that_of_the_offline_flatten(kept: Made, expected: tuple[Path, Report]) -> None:
    told = expected[1]

    for name in ("files", "objects", "duplicates", "no_dicom"):
        assert (name, getattr(kept.report, name)) == (name, getattr(told, name))
    assert kept.report.clashes == told.clashes and told.clashes
    assert kept.report.troubles == sorted(told.troubles)
    assert kept.troubles == len(told.troubles) > 1


def test_the_real_files_are_among_them(kept: Made, corpus: Path) -> None:
    assert kept.report.objects > 300


def test_pseudonyms_are_those_of_an_index_with_the_same_key_though_workers_were_killed(
    spark: Any, covered: tuple[Made, list[int]], archive: list[Path], tmp_path: Path
) -> None:
    made, killed = covered
    [one, _] = archives.published(archive, tmp_path, "pseudonymise")

    assert archives.differences(one, folder_of(made)) == []
    assert killed and _failures(spark, folder_of(made).parents[1]) > 0


def _failures(spark: Any, lake: Path) -> int:
    tracker = spark.sparkContext.statusTracker()
    jobs = tracker.getJobIdsForGroup(job.group_of(lake))
    stages = {stage for one in jobs for stage in tracker.getJobInfo(one).stageIds}
    infos = [tracker.getStageInfo(stage) for stage in stages]
    return sum(info.numFailedTasks for info in infos if info is not None)


def test_who_is_twice_is_found_without_reading_all_bulk_data(
    covered: tuple[Made, list[int]], kept: Made
) -> None:
    found = covered[0].report

    assert (found.duplicates, found.clashes) == (kept.report.duplicates, kept.report.clashes)


def test_large_tables_are_sorted_over_all_their_files(covered: tuple[Made, list[int]]) -> None:
    made = covered[0]
    many = [table for table in TABLES if len(made.manifest.files.get(table.name, ())) > 1]

    assert {"measurement", "content_item"} <= {table.name for table in many}
    for table in many:
        files = [pq.read_table(file) for file in (folder_of(made) / table.name).iterdir()]
        order = order_of(table, files[0].column_names)
        first = [[_rank(row[name]) for name in order] for row in _ends(files, 0)]
        last = [[_rank(row[name]) for name in order] for row in _ends(files, -1)]
        for file in files:
            keys = [[_rank(row[name]) for name in order] for row in file.select(order).to_pylist()]
            assert keys == sorted(keys), table.name
        ranges = sorted(zip(first, last, strict=True))
        assert all(above[1] <= below[0] for above, below in pairwise(ranges))


def _ends(files: list[Any], at: int) -> list[dict[str, Any]]:
    return [file.to_pylist()[at] for file in files]


def _rank(value: Any) -> tuple[bool, Any]:
    """Return what sorts as the lake does: what is not stated comes last."""
    return value is None, 0 if value is None else value


def test_a_run_says_that_it_is_of_files(kept: Made) -> None:
    run = json.loads((folder_of(kept) / "run.json").read_text())

    assert (run["source"], run["seq"], run["generation"], run["policy"]) == ("files", None, None, "keep")
    assert run["rows"] == {name: rows for name, rows in kept.report.rows.items()}


def test_nothing_is_left_beside_the_lake(kept: Made, covered: tuple[Made, list[int]]) -> None:
    for made in (kept, covered[0]):
        lake = folder_of(made).parents[1]

        assert [one for one in lake.parent.iterdir()] == [lake]
        assert [one for one in lake.rglob(".*")] == []
        assert {file.stat().st_nlink for file in lake.glob("data/*/*.parquet")} == {2}


def test_without_any_object_the_lake_stays_as_it_was(spark: Any, kept: Made, tmp_path: Path) -> None:
    lake = FolderLake(folder_of(kept).parents[1])
    folder = runs.write(tmp_path, {"words.txt": b"words"})

    with pytest.raises(ClusterError, match="no DICOM object among 1 files"):
        flatten_archive(spark, of([folder]), lake.root, Settings("keep"))

    assert lake.current() == folder_of(kept)


def test_files_do_not_go_into_the_lake_of_an_index(
    spark: Any, archive: list[Path], expected: tuple[Path, Report]
) -> None:
    lake = FolderLake(expected[0].parents[1])

    with pytest.raises(CohortsError, match="the lake of an index"):
        flatten_archive(spark, of(archive), lake.root, Settings("keep"))

    assert lake.current() == expected[0]
