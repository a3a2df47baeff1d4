"""Caps of the language, and that every field it offers can be asked."""

from __future__ import annotations

from typing import Any

import pytest

from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.cohort import BadDefinition, Engine, canonical, parse
from orthanc_cohorts.cohort.clauses import LEAVES
from orthanc_cohorts.cohort.definition import MAX_DEPTH, MAX_NODES
from orthanc_cohorts.cohort.inventory import inventory
from orthanc_cohorts.cohort.leaf import properties
from orthanc_cohorts.cohort.properties import Current, Day, Number, Tag

FIELDS = [(op, name) for op, leaf in LEAVES.items() for name in properties(leaf)]


@pytest.fixture(scope="module")
def index() -> MemoryIndex:
    rows = Rows()
    rows.study(0, 0)
    rows.series(
        0,
        0,
        modality="CT",
        anatomic_region_scheme="SCT",
        anatomic_region_code="1",
        rows_min=512,
        rows_max=512,
    )
    return MemoryIndex(rows)


def definition(where: Any) -> dict[str, Any]:
    return {"version": 1, "unit": "patient", "where": where}


def nested(depth: int) -> dict[str, Any]:
    where: dict[str, Any] = {"op": "segment"}
    for _ in range(depth - 1):
        where = {"op": "not", "arg": where}
    return definition(where)


@pytest.mark.parametrize(("op", "name"), FIELDS, ids=lambda part: str(part))
def test_every_field_can_be_asked_for_and_be_missing(index: MemoryIndex, op: str, name: str) -> None:
    kind = properties(LEAVES[op])[name]
    asked: Any = ["SCT|1", "SCT|2"]
    if isinstance(kind, Number):
        asked = {"ge": 1, "lt": 2}
    elif isinstance(kind, Day):
        asked = {"gt": "2020-01-01", "le": "2021-12-31"}
    elif isinstance(kind, Current):
        asked = True
    elif isinstance(kind, Tag):
        asked = "0029xx01"
    required: dict[str, Any] = {"tag": "0029xx01", "creator": "A"} if op == "attribute" else {}
    required.pop(name, None)
    clauses: list[dict[str, Any]] = [{"op": op, **required, name: asked}]
    if name != "tag":
        clauses.append({"op": op, **required, "missing": [name]})

    with index.read() as snapshot:
        for clause in clauses:
            answer = Engine().answer(snapshot, canonical(parse(definition(clause))))
            assert answer.count in (0, 1)


def test_every_field_that_may_be_listed_is_in_the_inventory(index: MemoryIndex) -> None:
    with index.read() as snapshot:
        found = inventory(snapshot, lambda: None)

    assert [(field.op, field.name) for field in found.fields] == FIELDS
    rows = next(field for field in found.fields if (field.op, field.name) == ("series", "rows"))
    assert (rows.low, rows.rows, rows.patients) == (512.0, 1, 1)
    modality = next(field for field in found.fields if (field.op, field.name) == ("series", "modality"))
    assert modality.values is not None
    assert [(one.value, one.patients) for one in modality.values] == [("CT", 1)]


def test_words_of_texts_and_values_of_attributes_are_not_listed_but_those_of_structures_are() -> None:
    rows = Rows()
    for study in (0, 1):
        rows.study(study, study)
        rows.fact("text_item", study, concept="DCM|121071", concept_meaning="Finding", text="Mr. Smith")
        rows.fact("roi", study, name="Heart", volume_cm3=600.0 + study, graphic_types=["POINT"])
        rows.attribute(study, "00181120", text_value="1", number_value=1.0)
    with MemoryIndex(rows).read() as snapshot:
        found = inventory(snapshot, lambda: None)

    fields = {(field.op, field.name): field for field in found.fields}
    listed = {
        key: [(one.value, one.meaning, one.patients) for one in field.values]
        for key, field in fields.items()
        if field.values and key[0] in ("text", "roi", "attribute")
    }
    assert listed == {
        ("text", "concept"): [("DCM|121071", "Finding", 2)],
        ("roi", "name"): [("Heart", None, 2)],
        ("roi", "graphic_type"): [("POINT", None, 2)],
    }
    assert (fields["roi", "volume"].low, fields["roi", "volume"].high) == (600.0, 601.0)
    assert fields["attribute", "value"].low is None
    assert (fields["text", "contains"].kind, fields["attribute", "tag"].kind) == ("words", "tag")


def test_clauses_may_nest_so_deep_and_no_deeper() -> None:
    assert parse(nested(MAX_DEPTH)).where is not None

    with pytest.raises(BadDefinition, match="nested deeper"):
        parse(nested(MAX_DEPTH + 1))
    with pytest.raises(BadDefinition, match="nested deeper"):
        parse(nested(200_000))


def test_a_definition_holds_so_many_clauses_and_no_more() -> None:
    leaves = [{"op": "segment"}] * (MAX_NODES - 1)

    assert parse(definition({"op": "or", "args": leaves})).where is not None
    with pytest.raises(BadDefinition, match="more than 256 clauses"):
        parse(definition({"op": "or", "args": [*leaves, {"op": "segment"}]}))


def test_a_list_holds_so_many_values_and_no_more() -> None:
    values = [f"SCT|{number}" for number in range(1000)]

    assert parse(definition({"op": "segment", "region": values})).where is not None
    with pytest.raises(BadDefinition) as refused:
        parse(definition({"op": "segment", "region": [*values, "SCT|x"]}))
    assert refused.value.pointer == "/where/region"


def test_what_a_user_writes_never_becomes_part_of_a_statement(index: MemoryIndex) -> None:
    hostile = "x') OR TRUE; DROP TABLE study; --"
    where = {"op": "series", "modality": [hostile], "manufacturer": [hostile, "'"]}

    with index.read() as snapshot:
        answer = Engine().answer(snapshot, canonical(parse(definition(where))))
        assert answer.count == 0
        assert snapshot.cursor.execute("SELECT count(*) FROM study").fetchone() == (1,)
