"""Every block of code in docs/analysts.md runs on the lake of the demo study, or says here why it cannot.

All tools are asked the same there, so that all must find the same.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import mean
from typing import Any

import duckdb
import pytest

from orthanc_cohorts.convert.demo.plan import PatientPlan

PAGE = Path(__file__).resolve().parents[3] / "docs" / "analysts.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
CANNOT_RUN = {
    "json": "Superset is not installed here: what it takes is read, no more",
    "ini": "Grafana is not installed here",
    "powerquery": "Power BI runs on Windows only",
}
"""Why blocks of a language are not run."""

Found = dict[str | None, float]


def blocks(language: str) -> list[Any]:
    """Return the blocks of a language as parameters, named by what is special in their first lines."""
    return [pytest.param(text, id=text.split("\n", 1)[0][:40]) for name, text in BLOCKS if name == language]


@pytest.fixture(scope="module")
def qtc(plans: list[PatientPlan]) -> Found:
    """What every tool must find, from the plan: mean QTc by sex, ms."""
    stated: dict[str | None, list[int]] = {}
    for plan in plans:
        values = [ecg.qtc_ms for ecg in plan.ecgs if ecg.reported and ecg.qtc_ms is not None]
        stated.setdefault(plan.person.sex or None, []).extend(values)
    return {sex: float(mean(values)) for sex, values in stated.items() if values and sex is not None}


def test_every_language_is_run_or_has_a_reason() -> None:
    assert {language for language, _ in BLOCKS} == {"bash", "python", "r", "sql", *CANNOT_RUN}


def same(found: Any, expected: Found) -> None:
    """Assert that the rows (sex, ms) are those expected; who has no sex is left out by some tools."""
    rows = {sex: float(value) for sex, value in found if sex in ("F", "M")}
    assert rows == pytest.approx(expected)


@pytest.mark.parametrize("text", blocks("python"))
def test_python(text: str, lake: Path, qtc: Found, request: pytest.FixtureRequest) -> None:
    for package in re.findall(r"^(?:import|from) (pandas|polars|pyspark)", text, re.MULTILINE):
        pytest.importorskip(package, reason=f"{package} is not installed (extras `examples`, `spark`)")
    if "pyspark" in text:
        # The session that the block then gets: of few threads, on loopback.
        request.getfixturevalue("spark")
    names: dict[str, Any] = {}
    first = next(block for language, block in BLOCKS if language == "python")

    for block in (first, text):
        exec(compile(block.replace("/srv/lake", str(lake)), str(PAGE), "exec"), names)

    assert names["snapshot"] == (lake / "current").resolve()
    if "qtc" in names:
        found = names["qtc"]
        read = {"polars": "rows", "pyspark": "collect"}
        method = next((how for package, how in read.items() if package in text), "items")
        same(getattr(found, method)(), qtc)


@pytest.mark.parametrize("text", blocks("sql"))
def test_sql(text: str, lake: Path, snapshot: Path, qtc: Found) -> None:
    database = ":memory:" if "ATTACH" in text else str(snapshot / "catalog.duckdb")
    with duckdb.connect(database, read_only=database != ":memory:") as connection:
        found = connection.execute(text.replace("/srv/lake", str(lake))).fetchall()

    same(found, qtc)


def shell(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder that has the project's `sql`, with the `duckdb` of the wheel duckdb-cli."""
    (folder / "sql").symlink_to(PAGE.parents[1] / "sql")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("text", blocks("bash"))
def test_shell(text: str, lake: Path, tmp_path: Path, plans: list[PatientPlan]) -> None:
    done = shell(["bash", "-euc", text.replace("/srv/lake", str(lake))], tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert "MDC|2:15876" in done.stdout
    assert len(list(csv.DictReader((tmp_path / "patients.csv").open()))) == len(plans)


@pytest.mark.parametrize("text", blocks("r"))
def test_r(text: str, lake: Path, tmp_path: Path, qtc: Found) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed (Debian: r-base-core)")
    if "library(arrow)" in text and subprocess.run(["Rscript", "-e", "library(arrow)"]).returncode:
        pytest.skip("R has no package arrow here: Debian 12 has no r-cran-arrow")

    done = shell(["Rscript", "--vanilla", "-e", text.replace("/srv/lake", str(lake))], tmp_path)

    assert done.returncode == 0, done.stderr
    same(list(csv.reader(io.StringIO(done.stdout)))[1:], qtc)
