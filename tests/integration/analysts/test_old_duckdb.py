"""Older DuckDBs open the catalog and answer the questions of sql/examples as the one installed here does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from orthanc_cohorts_sql import load, names

VERSIONS = ("1.1.3", "0.10.3")
"""What is promised, and the oldest one that opens it: 0.9 does not know the storage version."""
ASK = """
import json, sys
import duckdb

with duckdb.connect(sys.argv[1], read_only=True) as connection:
    def ask(sql):
        return connection.execute(sql).fetchall()

    views = [name for name, in ask("SELECT view_name FROM duckdb_views() WHERE NOT internal")]
    said = {view: ask(f'SELECT count(*) FROM (SELECT * FROM "{view}")') for view in views}
    said |= {name: ask(sql) for name, sql in json.load(sys.stdin).items()}
print(json.dumps({"version": duckdb.__version__, "said": said}))
"""


def installed(version: str, folder: Path) -> None:
    """Install the wheel of a version into a folder; skip where it cannot be had."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps",
         "--only-binary", ":all:", "--target", str(folder), f"duckdb=={version}"],
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"duckdb {version} cannot be installed for this Python: {done.stderr.strip()[-200:]}")


def numbers(value: Any) -> Any:
    """Return a value as JSON has it, floats to nine digits: means depend on the order of their terms."""
    if isinstance(value, list | tuple):
        return [numbers(one) for one in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


@pytest.mark.parametrize("version", VERSIONS)
def test_it_opens_the_catalog_and_answers(version: str, snapshot: Path, tmp_path: Path) -> None:
    installed(version, tmp_path)
    questions = {name: load(name) for name in names("examples")}
    catalog = str(snapshot / "catalog.duckdb")

    done = subprocess.run(
        [sys.executable, "-c", ASK, catalog], input=json.dumps(questions),
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=100,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["version"] == version
    with duckdb.connect(catalog, read_only=True) as connection:
        views = set(found["said"]) - set(questions)
        assert views == {path.parent.name for path in snapshot.glob("*/*.parquet")}
        for name in views:
            [[rows]] = found["said"][name]
            assert rows == connection.table(name).shape[0], name
        for name, sql in questions.items():
            assert numbers(found["said"][name]) == numbers(connection.execute(sql).fetchall()), name
