"""DuckDB, pandas, polars, Spark and R answer the same about one snapshot, and what was planned."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from integration.analysts.answers import Answers, by_duckdb
from orthanc_cohorts.convert.demo.expected import PATIENTS_WHO, latest_qtc_ms
from orthanc_cohorts.convert.demo.plan import PatientPlan

TOLERANCE = 1e-12
"""Relative, of sums: a float sum depends on the order of its terms."""


def same(found: Answers, other: Answers) -> None:
    """Assert that two say the same: labels and counts exactly, sums within the tolerance."""
    assert list(found) == list(other)
    for name in found:
        one, two = (sorted(answers[name]) for answers in (found, other))
        assert [(what, int(count)) for what, count, _ in one] == [(what, int(n)) for what, n, _ in two], name
        assert [float(value) for *_, value in one] == pytest.approx(
            [float(value) for *_, value in two], rel=TOLERANCE, abs=0
        ), name


@pytest.fixture(scope="module")
def expected(snapshot: Path) -> Answers:
    return by_duckdb.answers(snapshot)


def test_duckdb_answers_what_was_planned(expected: Answers, plans: list[PatientPlan]) -> None:
    latest = [value for value in map(latest_qtc_ms, plans) if value is not None]

    [(_, both, _)] = expected["both"]
    [(_, long, total)] = expected["qtc"]

    assert both == sum(map(PATIENTS_WHO["CT and ECG"], plans))
    assert long == sum(map(PATIENTS_WHO["latest QTc > 450 ms"], plans)) > 0
    assert total == pytest.approx(sum(latest) / 1000, rel=TOLERANCE)
    assert all(len(rows) > 2 for name, rows in expected.items() if name in ("measured", "modalities", "days"))


def test_pandas_answers_the_same(snapshot: Path, expected: Answers) -> None:
    pytest.importorskip("pandas", reason="pandas (extra `examples`) is not installed")
    from integration.analysts.answers import by_pandas

    same(by_pandas.answers(snapshot), expected)


def test_polars_answers_the_same(snapshot: Path, expected: Answers) -> None:
    pytest.importorskip("polars", reason="polars (extra `examples`) is not installed")
    from integration.analysts.answers import by_polars

    same(by_polars.answers(snapshot), expected)


def test_spark_answers_the_same(snapshot: Path, expected: Answers, spark: Any) -> None:
    from integration.analysts.answers import by_spark

    same(by_spark.answers(snapshot, spark), expected)


@pytest.mark.parametrize("reader", ["arrow", "duckdb"])
def test_r_answers_the_same(snapshot: Path, expected: Answers, reader: str) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed (Debian: r-base-core)")
    if reader == "arrow" and subprocess.run(["Rscript", "-e", "library(arrow); library(dplyr)"]).returncode:
        pytest.skip("R has no package arrow here: Debian 12 has no r-cran-arrow")
    script = Path(__file__).parent / "answers" / "by_r.R"
    # The command `duckdb` of the wheel duckdb-cli.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    done = subprocess.run(
        ["Rscript", "--vanilla", str(script), reader, str(snapshot)],
        env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    found: Answers = {name: [] for name in expected}
    for line in done.stdout.splitlines():
        name, what, count, total = line.split("\t")
        found[name].append((what, int(count), float(total)))
    same(found, expected)
