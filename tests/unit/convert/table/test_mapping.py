"""The language of mappings: what it takes, and how a mistake is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orthanc_cohorts.convert.table import mapping_of, schema
from orthanc_cohorts.errors import ConversionError
from table_made import MAPPING, write_mapping

CHECKOUT = Path(__file__).parents[4]
EXAMPLES = [
    *sorted((CHECKOUT / "examples" / "heart-disease").glob("*.yaml")),
    CHECKOUT / "examples" / "tavi" / "registry.yaml",
]


def _mistakes(folder: Path, before: str, after: str) -> list[str]:
    assert before in MAPPING
    with pytest.raises(ConversionError) as caught:
        mapping_of(write_mapping(folder, MAPPING.replace(before, after)))
    return [str(problem) for problem in caught.value.problems]


def test_a_mapping_is_read(tmp_path: Path) -> None:
    found = mapping_of(write_mapping(tmp_path))

    assert [document.name for document in found.documents] == ["annulus", "history", "note"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("unit: mm\n", "unit: furlongs\n", "unit: .*furlongs"),
        ("unit: mm\n", "unti: mm\n", "unti: Extra inputs"),
        ("SCT|246112005|Severity", "246112005", "concept: 246112005 is no code; write SCHEME"),
        ("SCT|246112005|Severity", "99X|severity", "no meaning of '99X|severity'"),
        ("section: laboratory", "section: lab", "section: Input should be"),
        ("group: annulus\n", "group: root\n", "no group 'root' is described"),
        ("name: note", "name: history", "two documents are named 'history'"),
        ("{column: pid}", "{}", "give one of `column`, `value` and `template`"),
        (
            "text: true, section: findings",
            "section: findings",
            "give one of `unit`, `values` and `text: true`",
        ),
        ("text: true, section: findings", "text: true", "give its `section`"),
        ("mapping: 1", "mapping: 2", "mapping: Input should be 1"),
        ("mapping: 1", "mapping: [", "is no YAML"),
        ("mapping: 1", "mapping: 1\nname: x", "'name' is given twice"),
    ],
)
def test_a_mistake_is_told_where_it_is(tmp_path: Path, before: str, after: str, said: str) -> None:
    import re

    [mistake] = _mistakes(tmp_path, before, after)

    assert re.match(r"ward\.yaml, row \d+: ", mistake)
    assert re.search(said.replace("|", r"\|"), mistake), mistake


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    mistakes = _mistakes(tmp_path, "unit: mm\n        low: 5", "unit: ells\n        low: five")

    assert len(mistakes) == 2


def test_yes_no_and_days_are_texts(tmp_path: Path) -> None:
    text = MAPPING.replace("{column: seen}", "{value: 2024-05-02}")

    found = mapping_of(write_mapping(tmp_path, text))

    assert found.study.time.value == "2024-05-02"
    assert set(found.documents[1].observations[1].values or {}) == {"yes", "no"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_example_is_a_mapping(path: Path) -> None:
    assert mapping_of(path).mapping == 1


def test_the_schema_that_editors_get_is_that_of_the_code() -> None:
    kept = CHECKOUT / "docs" / "conversion" / "table-mapping.schema.json"

    assert json.loads(kept.read_text(encoding="utf-8")) == schema(), "run `make docs`"
