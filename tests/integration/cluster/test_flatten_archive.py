"""Files flattened by Spark: the lake that an index of the same files publishes, row by row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from integration.cluster import archives
from integration.cluster.archives import KEY
from orthanc_cohorts.lake import Lake
from orthanc_cohorts.offline import Report

pytest.importorskip("pyspark", reason="pyspark is not installed (extra `spark`)")

from orthanc_cohorts.cluster import Archive, ClusterError, Made, Settings, flatten_archive, routing  # noqa: E402


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of patients who refer to each other, of a demo study, and others."""
    return archives.write(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="module")
def kept(spark: Any, archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The archive by Spark, in several buckets, under policy `keep`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routing, "FEW_OBJECTS", 1)
        patch.setattr(routing, "BUCKET_OBJECTS", 25)
        lake = Lake(tmp_path_factory.mktemp("keep") / "lake")
        return flatten_archive(spark, Archive([str(archive)]), lake, Settings("keep"), with_md5=True)


@pytest.fixture(scope="module")
def expected(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    """The archive through one index, under policy `keep`."""
    return archives.published([archive], tmp_path_factory.mktemp("expected"), "keep")


def test_every_table_has_the_rows_that_an_index_of_the_files_publishes(
    kept: Made, expected: tuple[Path, Report]
) -> None:
    assert archives.differences_but_keys(expected[0], kept.folder) == []


def test_the_report_is_that_of_the_offline_flatten(kept: Made, expected: tuple[Path, Report]) -> None:
    told = expected[1]

    for name in ("files", "objects", "duplicates", "no_dicom"):
        assert (name, getattr(kept.report, name)) == (name, getattr(told, name))
    assert kept.report.clashes == told.clashes
    assert sorted(kept.report.troubles) == sorted(told.troubles)
