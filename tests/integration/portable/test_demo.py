"""The demo study as a lake, asked by the commands: DuckDB and Spark count what its plan says."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from lakes import KEY
from orthanc_cohorts.cli.main import app
from orthanc_cohorts.convert.demo.expected import expected_counts
from orthanc_cohorts.convert.demo.questions import QUESTIONS
from orthanc_cohorts.convert.demo.write import demo_objects
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.errors import ConfigurationError, DefinitionError, LakeError
from orthanc_cohorts.flatten import Stored, flatten_bytes
from orthanc_cohorts.flatten.header import orthanc_id
from orthanc_cohorts.lake import FolderLake, publish
from orthanc_cohorts.store import Batch, Index
from spark_here import session

PATIENTS = 24
EXPECTED = expected_counts(PATIENTS)
ASKED = [(question.definition, EXPECTED[f"question {n}"]) for n, question in enumerate(QUESTIONS, 1)]


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> dict[Policy, Path]:
    """The folder of a lake under each of two policies."""
    index = Index.open(tmp_path_factory.mktemp("index"), threads=1, memory_limit="512MB")
    rows = []
    for _, ds in demo_objects(PATIENTS):
        buffer = io.BytesIO()
        ds.save_as(buffer, enforce_file_format=True)
        name = orthanc_id(ds.PatientID, ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
        rows.append(flatten_bytes(buffer.getvalue(), Stored(name)))
    index.apply(Batch.of(rows))
    found: dict[Policy, Path] = {}
    for policy in ("keep", "pseudonymise"):
        found[policy] = tmp_path_factory.mktemp(policy)
        publish(index, FolderLake(found[policy]), policy, KEY)
    index.close()
    return found


def ran(definition: Any, *options: str) -> Any:
    """Return what a command prints of a definition. Raises what it raises."""
    result = CliRunner().invoke(
        app, [options[0], "-", *options[1:]], input=json.dumps(definition), catch_exceptions=False
    )
    assert result.exit_code == 0
    return result.stdout


def counted(definition: Any, lake: Path, engine: str = "duckdb") -> Any:
    return json.loads(ran(definition, "count", "--engine", engine, "--lake", str(lake), "--json"))


@pytest.mark.parametrize("policy", ["keep", "pseudonymise"])
@pytest.mark.parametrize(("definition", "expected"), ASKED)
def test_duckdb_counts_what_the_plan_of_the_study_says(
    lakes: dict[Policy, Path], policy: Policy, definition: Any, expected: int
) -> None:
    answer = counted(definition, lakes[policy])

    assert answer["count"] == expected
    assert (answer["policy"], answer["generation"]) == (policy, 1)
    assert Path(answer["snapshot"]) == (lakes[policy] / "current").resolve()


@pytest.mark.slow
def test_spark_counts_what_the_plan_of_the_study_says(lakes: dict[Policy, Path]) -> None:
    session()

    for policy in ("keep", "pseudonymise"):
        counts = [counted(definition, lakes[policy], "spark")["count"] for definition, _ in ASKED]

        assert counts == [expected for _, expected in ASKED]
    assert session().sql("SELECT 1").collect()[0][0] == 1, "a session that was there stays"


def test_a_count_is_told_in_words(lakes: dict[Policy, Path]) -> None:
    printed = ran(ASKED[0][0], "count", "--engine", "duckdb", "--lake", str(lakes["keep"]))

    assert printed.startswith(f"{ASKED[0][1]} patient")


def test_the_printed_statement_is_all_that_duckdb_needs(lakes: dict[Policy, Path]) -> None:
    for definition, expected in ASKED:
        printed = ran(definition, "cohort-sql", "--lake", str(lakes["keep"]))

        assert duckdb.sql(printed).fetchall() == [(expected,)]


def test_the_printed_statement_is_about_the_tables_of_the_catalogue(lakes: dict[Policy, Path]) -> None:
    definition, expected = ASKED[1]
    printed = ran(definition, "cohort-sql")

    with duckdb.connect(str(lakes["keep"] / "current" / "catalog.duckdb"), read_only=True) as catalogue:
        assert catalogue.execute(printed).fetchall() == [(expected,)]


def test_a_statement_that_may_be_undecided_says_of_what(lakes: dict[Policy, Path]) -> None:
    latest = {**ASKED[1][0]["where"]["args"][0], "pick": "latest"}
    definition = {"version": 1, "unit": "patient", "where": latest}

    printed = ran(definition, "cohort-sql", "--lake", str(lakes["pseudonymise"]))

    assert "-- undecided_1: /where/pick: values of one time" in printed
    [row] = duckdb.sql(printed).fetchall()
    assert row == (counted(definition, lakes["keep"])["count"], 0)


@pytest.mark.parametrize(
    ("definition", "options", "error", "says"),
    [
        (
            {"op": "text", "contains": "x"},
            ["duckdb"],
            DefinitionError,
            "/where/contains: `contains` needs text_item.text",
        ),
        ({"op": "study", "colour": 1}, ["duckdb"], DefinitionError, "/where/colour: unknown key"),
        (
            {"op": "cohort", "name": "pilot"},
            ["duckdb"],
            DefinitionError,
            "/where: no saved cohorts are known here",
        ),
    ],
)
def test_what_cannot_be_asked_is_told_by_name(
    lakes: dict[Policy, Path], definition: Any, options: list[str], error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as refused:
        counted({"version": 1, "unit": "patient", "where": definition}, lakes["pseudonymise"], *options)

    assert says in str(refused.value)


def test_a_lake_has_to_be_named_and_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--lake"):
        ran(ASKED[0][0], "count", "--engine", "duckdb")
    with pytest.raises(LakeError, match="publish"):
        counted(ASKED[0][0], tmp_path)
    assert CliRunner().invoke(app, ["count", "-", "--lake", str(tmp_path)], input="{}").exit_code == 2


def test_a_snapshot_whose_files_are_gone_is_an_error_without_what_was_asked(
    lakes: dict[Policy, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "snapshot"
    folder.mkdir()
    for name in ("run.json", "dictionary.json"):
        (folder / name).write_bytes((lakes["keep"] / "current" / name).read_bytes())

    with pytest.raises(LakeError, match="cannot be asked") as failed:
        counted({"version": 1, "unit": "patient", "where": {"op": "study", "study_id": "SECRET"}}, folder)

    assert "SECRET" not in str(failed.value)
