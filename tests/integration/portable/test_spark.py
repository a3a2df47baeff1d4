"""The engine and Spark on Parquet files count the same; DuckDB and Spark agree where they differ by nature.

Asked of Spark are every golden vector, every question of docs/cohort-language.md, every op, pick and scope at
least once (`ONCE`), and a sample of made-up definitions: COHORT_SPARK_EXAMPLES of them, 10 unless stated.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings

from cohort_made_up import CODES, DEFINITION, made_up
from cohort_rows import MemoryIndex
from lakes import published
from orthanc_cohorts.cohort import Engine, canonical, parse
from orthanc_cohorts.cohort.clauses import Measurement
from orthanc_cohorts.cohort.definition import KNOWN, SCOPES
from orthanc_cohorts.portable import Snapshot, count, statement
from spark_here import session

TESTS = Path(__file__).parents[2]
GOLDEN = json.loads((TESTS / "golden" / "cohort" / "canonical.json").read_text(encoding="utf-8"))
PAGE = (TESTS.parent / "docs" / "cohort-language.md").read_text(encoding="utf-8")
_, _, ASKED = PAGE.partition("## Questions")
EXAMPLES = int(os.environ.get("COHORT_SPARK_EXAMPLES", "10"))
AT_ONCE = 10
"""Definitions in one statement of Spark, which spares it some of its work for each."""
VALUE = {"op": "measurement", "concept": CODES[0], "value": {"ge": 1, "unit": "mm"}}
PLACED = {
    "group": [{"op": "evaluation"}, {**VALUE, "pick": "first"}],
    "document": [{"op": "document"}, {"op": "not", "arg": {"op": "evaluation", "value": CODES[1]}}],
    "tracking": [{"op": "measurement", "change": {"ge": 0, "unit": "%"}}, {"op": "segment"}],
    "series": [{"op": "segment"}, {**VALUE, "pick": "mean", "value": {"ge": 0.25, "unit": "cm"}}],
    "study": [{"op": "text", "contains": ["left d", "GRÖ"]}, {"op": "roi", "count": {"ge": 2}}],
}
ONCE: list[Any] = [
    *({**VALUE, "pick": pick} for pick in ("any", "all", "first", "latest", "min", "max", "mean")),
    {**VALUE, "pick": "nearest", "anchor": {"of": {"op": "study", "modality": "CT"}, "pick": "latest"}},
    {**VALUE, "count": {"le": 1}},
    *({"op": "same", "scope": scope, "args": args} for scope, args in PLACED.items()),
    {
        "op": "same",
        "scope": "tracking",
        "args": [{"op": "measurement", "change": {"gt": -2.5, "unit": "mm"}}],
    },
    {
        "op": "temporal",
        "first": {"op": "document"},
        "second": {"op": "waveform"},
        "days": {"ge": -2, "le": 1},
    },
    {
        "op": "or",
        "args": [{"op": "not", "arg": {"op": "roi"}}, {"op": "patient", "sex": "F", "age": {"ge": 1}}],
    },
    {"op": "patient", "missing": ["sex"]},
    {"op": "series", "body_part": ["HEART", "SCT|816094009"], "slice_thickness": {"le": 0.2, "unit": "cm"}},
    {"op": "segment", "property_type": "99X|1", "missing": ["region"]},
    {"op": "document", "current": False},
    {"op": "evaluation", "value": ["SCT|2", "CID|4031"]},
    {"op": "text", "contains": ["grösse", "%", "größe"]},
    {"op": "roi", "graphic_type": "POINT", "volume": {"ge": 1, "unit": "mL"}},
    {"op": "roi", "missing": ["graphic_type"]},
    {"op": "attribute", "tag": "0029xx01", "creator": "A", "value": {"ge": 0.25}},
    {"op": "attribute", "tag": "GantryDetectorTilt", "date": {"ge": "2020-01-02"}, "count": {"le": 2}},
    {"op": "waveform", "missing": ["source"], "duration": {"ge": 250, "unit": "ms"}},
    {"op": "waveform", "source": "99X|I"},
]


def definitions() -> list[Any]:
    """Return what is asked of Spark."""
    drawn: list[Any] = []

    @settings(max_examples=EXAMPLES, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(definition=DEFINITION)
    def draw(definition: Any) -> None:
        drawn.append(definition)

    draw()
    once = [{"version": 1, "unit": "patient", "where": where} for where in ONCE]
    documented = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", ASKED, re.S)]
    return [*(vector["definitions"][0] for vector in GOLDEN), *documented, *once, *drawn]


@pytest.fixture(scope="module")
def index() -> MemoryIndex:
    """An index of made-up rows."""
    return MemoryIndex(made_up(1))


@pytest.fixture(scope="module")
def snapshot(index: MemoryIndex, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The same rows as a lake, whose tables Spark knows by name."""
    found = Snapshot.open(published(index, tmp_path_factory.mktemp("lake")))
    for table in found.shown.columns or ():
        session().read.parquet(f"{found.folder}/{table}").createOrReplaceTempView(table)
    return found


def test_every_op_pick_and_scope_is_asked() -> None:
    parts = [part for definition in definitions() for part in _parts(definition.get("where"))]
    picks = get_args(Measurement.model_fields["pick"].annotation)

    assert {part["op"] for part in parts} >= set(KNOWN) - {"cohort"}
    assert {part["pick"] for part in parts if part["op"] == "measurement" and "pick" in part} == set(picks)
    assert {part["scope"] for part in parts if part["op"] == "same"} == set(SCOPES)


def _parts(where: Any) -> Iterator[Any]:
    if isinstance(where, dict):
        if "op" in where:
            yield where
        for value in where.values():
            yield from _parts(value)
    elif isinstance(where, list):
        for value in where:
            yield from _parts(value)


@pytest.mark.slow
def test_spark_counts_what_the_engine_counts(index: MemoryIndex, snapshot: Snapshot) -> None:
    asked = definitions()
    with index.read() as generation:
        engine = Engine()
        expected = [engine.answer(generation, canonical(parse(one))).count for one in asked]

    found: list[int] = []
    for start in range(0, len(asked), AT_ONCE):
        texts = [statement(parse(one)).sql("spark") for one in asked[start : start + AT_ONCE]]
        together = ", ".join(f"({text}) AS count_{place}" for place, text in enumerate(texts))
        found += session().sql(f"SELECT {together}").collect()[0]

    differing = [
        (one, *pair) for one, *pair in zip(asked, expected, found, strict=True) if pair[0] != pair[1]
    ]
    assert not differing
    assert sum(0 < number < max(expected) for number in expected) > len(expected) / 4


def test_a_lake_is_asked_by_its_folder(index: MemoryIndex, snapshot: Snapshot) -> None:
    definition = parse({"version": 1, "unit": "study", "where": VALUE})
    with index.read() as generation:
        expected = Engine().answer(generation, canonical(definition)).count

    answer = count(definition, snapshot.folder, "spark", session())

    assert (answer.count, answer.folder) == (expected, snapshot.folder)
