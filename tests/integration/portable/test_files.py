"""The engine and DuckDB on Parquet files count the same: golden vectors, made-up definitions, each policy."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort_made_up import DEFINITION, IN_SCOPE, LEAF, NEAREST, QUICK, TEMPORAL, made_up, same
from cohort_rows import MemoryIndex
from lakes import as_stored, published
from orthanc_cohorts.cohort import BadDefinition, Engine, canonical, parse
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.portable import Snapshot, count, statement

GOLDEN = Path(__file__).parents[2] / "golden" / "cohort"
VECTORS = json.loads((GOLDEN / "canonical.json").read_text(encoding="utf-8"))
REFUSED = json.loads((GOLDEN / "refused.json").read_text(encoding="utf-8"))
SEEDS = st.sampled_from([1, 2, 3])
UNITS = st.sampled_from(["patient", "study"])
ANY = DEFINITION | st.builds(
    lambda unit, where: {"version": 1, "unit": unit, "where": where},
    UNITS,
    st.one_of(LEAF, NEAREST, TEMPORAL, *map(same, IN_SCOPE)),
)


class Published(NamedTuple):
    """Made-up rows: as an index and as a lake. files: the tables of the lake, read once."""

    index: MemoryIndex
    engine: Engine
    snapshot: Snapshot
    files: duckdb.DuckDBPyConnection

    def counts(self, definition: Any) -> tuple[int, int]:
        """Return what the engine counts, and what the statement counts in the lake. Raises BadDefinition."""
        asked = statement(parse(definition), self.snapshot.shown)
        with self.index.read() as snapshot:
            expected = self.engine.answer(snapshot, canonical(parse(definition))).count
        return expected, asked.count(self.files.execute(asked.sql("duckdb")).fetchall()[0])


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return lakes by policy and seed, each published when it is first asked for."""

    @cache
    def lake(policy: Policy, seed: int) -> Published:
        rows = made_up(seed)
        index = MemoryIndex(rows if policy == "keep" else as_stored(rows))
        snapshot = Snapshot.open(published(index, tmp_path_factory.mktemp("lake"), policy))
        files = duckdb.connect()
        assert snapshot.shown.columns is not None
        for table in snapshot.shown.columns:
            parquet = f"{snapshot.folder}/{table}/*.parquet"
            files.execute(f"CREATE TABLE \"{table}\" AS SELECT * FROM read_parquet('{parquet}')")
        return Published(index, Engine(), snapshot, files)

    return lake


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["says"])
def test_every_golden_vector_counts_the_same_in_files(lakes: Any, vector: dict[str, Any]) -> None:
    for seed in (1, 2, 3):
        for definition in vector["definitions"]:
            expected, found = lakes("keep", seed).counts(definition)

            assert found == expected


@pytest.mark.parametrize("vector", REFUSED, ids=lambda vector: vector["says"])
def test_what_the_engine_refuses_is_refused_of_files_too(lakes: Any, vector: dict[str, Any]) -> None:
    with pytest.raises(BadDefinition) as refused:
        count(parse(vector["definition"]), lakes("keep", 1).snapshot.folder)

    assert [detail.pointer for detail in refused.value.details] == vector["pointers"]


@given(definition=ANY, seed=SEEDS)
@QUICK
def test_any_definition_counts_the_same_in_files(lakes: Any, definition: Any, seed: int) -> None:
    expected, found = lakes("keep", seed).counts(definition)

    assert found == expected


@pytest.mark.parametrize("policy", ["pseudonymise", "drop"])
@given(definition=ANY, seed=SEEDS)
@QUICK
def test_what_a_policy_leaves_to_be_asked_counts_the_same(
    lakes: Any, policy: Policy, definition: Any, seed: int
) -> None:
    try:
        expected, found = lakes(policy, seed).counts(definition)
    except BadDefinition:
        return

    assert found == expected


def test_a_lake_is_asked_by_its_folder_and_by_that_of_a_snapshot(lakes: Any) -> None:
    known = lakes("keep", 1)
    definition = parse({"version": 1, "unit": "patient", "where": {"op": "segment"}})

    answers = [
        count(definition, folder) for folder in (known.snapshot.folder, known.snapshot.folder.parents[1])
    ]

    assert {one.count for one in answers} == {
        known.counts({"version": 1, "unit": "patient", "where": {"op": "segment"}})[0]
    }
    assert {one.folder for one in answers} == {known.snapshot.folder}
    assert {one.hash for one in answers} == {canonical(definition).hash}
