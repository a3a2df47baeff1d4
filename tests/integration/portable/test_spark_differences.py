"""Where DuckDB and Spark differ by nature, each expression of our statements says the same in both.

Values stand in one Parquet file that both read; no cohorts.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orthanc_cohorts.cohort.plan import Query
from orthanc_cohorts.cohort.properties import Condition, Contained, Day, Tag, TextList, among, coded, within
from orthanc_cohorts.cohort.scope import PICKED, hits
from orthanc_cohorts.portable.dialects import written
from orthanc_cohorts.portable.translation import of_lake
from spark_here import session

DICE = random.Random(5)
CASED = [chr(n) for n in range(0x20000) if chr(n).lower() != chr(n) or chr(n).upper() != chr(n)]
TEXTS = [
    *(
        "ΟΔΟΣ",
        "ΑΣ Σ",
        "İstanbul",
        "GRÖßE",
        "STRASSE",
        "Ǆ",
        "𐐀𐐨",
        "a\u0307",
        "ﬀ",
        "",
        " ",
        "\n",
        "A\\b",
        "a'b",
        "100%",
        "$1",
    ),
    *(
        "99X@a|1",
        "99X@a|b|1",
        "L@town|1",
        "99|1",
        "9:|1",
        "M|1",
        "99X|1",
        "zz",
        "é",
        "e\u0301",
        "z",
        "\U0001f600",
        "\uffff",
    ),
    *CASED,
    *("".join(DICE.choices([*CASED, "x", " "], k=5)) for _ in range(500)),
]
NUMBERS = [
    *(
        0.0,
        -0.0,
        0.1,
        0.2,
        0.1 + 0.2,
        0.3,
        0.57,
        5.7,
        1e-300,
        1e300,
        -1e16,
        2.0**53,
        0.36,
        1 / 3,
        1e-12,
        5e-13,
        4.999e-13,
    ),
    *(DICE.uniform(-1, 1) * 10.0 ** DICE.randrange(-15, 20) for _ in range(2000)),
    *(DICE.randrange(10**6) / 10**4 * 100 / (DICE.randrange(10**5) + 1) for _ in range(2000)),
]
TIMES = [
    *(
        datetime(1, 1, 1),
        datetime(1500, 2, 28, 23, 59),
        datetime(1582, 10, 4),
        datetime(1582, 10, 15),
        datetime(1883, 11, 18, 12, 3),
    ),
    *(
        datetime(1970, 1, 1),
        datetime(1969, 12, 31, 23, 59, 59, 999_999),
        datetime(2024, 3, 31, 2, 30),
        datetime(9999, 12, 31, 23),
    ),
    *(datetime(1900, 1, 1) + timedelta(microseconds=DICE.randrange(4 * 10**15)) for _ in range(200)),
]
LISTS = [None, [], ["CT"], ["MR", None], [None], ["CT", "SR"], ["ct"], ["C"]]
PATHS = ["1", "1.2", "1.10", "1.9", "1.9.1", "2", None]
ROWS = 6000


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Parquet file of values of each kind, some of them missing."""

    def some(values: list[Any]) -> list[Any]:
        ordered = [values[n] if n < len(values) else DICE.choice([*values, None]) for n in range(ROWS)]
        return ordered

    columns = {
        "id": pa.array(range(ROWS), pa.int64()),
        "scope": pa.array([DICE.randrange(400) for _ in range(ROWS)], pa.int64()),
        "text": pa.array(some(TEXTS), pa.string()),
        "number": pa.array(some(NUMBERS), pa.float64()),
        "whole": pa.array(some([0, 1, -1, 2**31 - 1, 3]), pa.int32()),
        "time": pa.array(some(TIMES), pa.timestamp("us")),
        "list": pa.array(some(LISTS), pa.list_(pa.string())),
        "tag": pa.array(
            some(["00181120", "00291001", "0029110 ", "0029xx01", "00291102", "0029_001"]), pa.string()
        ),
        "v": pa.array(
            [DICE.choice([0.1, 0.2, 0.3, 1.5, -2.0, 1e15, 1e13, -1e13]) for _ in range(ROWS)], pa.float64()
        ),
        "v_time": pa.array([DICE.choice([*TIMES[:3], None, None]) for _ in range(ROWS)], pa.timestamp("us")),
        "v_uid": pa.array(
            [DICE.choice(["1.2.10", "1.2.9", "", "é", "z", None]) for _ in range(ROWS)], pa.string()
        ),
        "path": pa.array([DICE.choice(PATHS) for _ in range(ROWS)], pa.string()),
        "v_index": pa.array([DICE.choice([1, 2, None]) for _ in range(ROWS)], pa.int32()),
    }
    path = tmp_path_factory.mktemp("values") / "values.parquet"
    pq.write_table(pa.table(columns), path)
    return path


@pytest.fixture(scope="module", autouse=True)
def known(file: Path) -> None:
    """Both engines know the file as the table `study`; so our statements can be about it."""
    session().read.parquet(str(file)).createOrReplaceTempView("study")


def both(file: Path, sql: str, parameters: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return what DuckDB and Spark say to a statement about `study`."""
    tree = of_lake(Query(sql, dict(parameters)))
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW study AS SELECT * FROM read_parquet('{file}')")
        mine = connection.execute(written(tree, "duckdb")).fetchall()
    return mine, [tuple(row) for row in session().sql(written(tree, "spark")).collect()]


WORDS = ["οδοσ", "istanbul", "größe", "strasse", "\u0307", "a\\b", "a'b", "%", "𐐨", "ﬀ", "x"]
CONDITIONS = {
    "words in a text": Contained("lower(f.text)").condition("words", WORDS),
    "codes with and without owner": coded("f.text", "codes", ["99X|1", "L|1", "99X@a|b|1", "z"]),
    "one of many texts": among("f.text", "texts", TEXTS[:60]),
    "one text": among("f.text", "texts", ["100%"]),
    "the order of texts": Condition("f.text >= $low AND f.text < $high", {"low": "S", "high": "é"}),
    "any block of a private element": Tag("f.tag").condition("tag", "0029xx01"),
    "lists that share a value": TextList("f.list").condition("list", ["CT", "x"]),
    "lists that are empty": Condition(TextList("f.list").absent()),
    "numbers and decimals": within("f.number", "f.number", "bounds", {"ge": 0.3, "lt": 5.7}),
    "whole numbers and fractions": within("f.whole", "f.whole", "bounds", {"ge": 0.5, "le": 3}),
    "a number that is one": within("f.number", "f.number", "bounds", {"eq": 0.1 + 0.2}),
    "days": Day("f.time").condition("day", {"ge": "1500-02-28", "lt": "1582-10-15"}),
    "a day": Day("f.time").condition("day", {"eq": "1969-12-31"}),
}


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_a_condition_holds_of_the_same_rows(file: Path, condition: Condition) -> None:
    holds = f"{condition.sql} AS holds, ({condition.sql}) IS NULL AS unknown"
    sql = f"SELECT f.id, {holds} FROM study AS f ORDER BY f.id"

    mine, of_spark = both(file, sql, condition.parameters)

    assert mine == of_spark
    assert {holds for _, holds, _ in mine} >= {True, False}


VALUES = {
    "lower case": "lower(f.text)",
    "day": "(f.time::DATE - DATE '1970-01-01')::BIGINT",
    "path": "string_split(f.path, '.')::INTEGER[]",
    "text of a number": "f.id || ' ' || f.text",
    "percent": "CASE WHEN f.v <> 0 THEN (f.number - f.v) * 100 / abs(f.v) END",
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_value_is_the_same_to_the_last_digit(file: Path, value: str) -> None:
    mine, of_spark = both(file, f"SELECT f.id, {value} AS value FROM study AS f ORDER BY f.id", {})

    assert [row for row, other in zip(mine, of_spark, strict=True) if row != other] == []
    assert len({str(one) for _, one in mine}) > 5


ROWS_0 = (
    "SELECT f.scope, 0 AS part, f.v, f.v > 0 AS within, f.v < 1e14 AS fits, f.v_time, f.v_uid, '' AS v_unit, "
    "string_split(f.path, '.')::INTEGER[] AS v_path, f.v_index, abs(f.v_index) AS v_apart FROM study AS f"
)
LEAVES: dict[str, Any] = {
    pick: {"op": "measurement", "pick": pick, "value": {"ge": 0.2, "unit": "mm"}}
    for pick in ("first", "latest", "min", "max", "mean", "nearest", "all")
}
LEAVES["max"]["value"] = {"gt": 0.3}
LEAVES["min"]["value"] = {"ge": -1}
LEAVES["mean"]["value"] = {"ge": 0.1, "lt": 0.4}
LEAVES["all"]["count"] = {"ge": 1}
LEAVES["grown"] = {"op": "measurement", "change": {"ge": 0.1, "unit": "mm"}}
LEAVES["grown by parts"] = {"op": "measurement", "change": {"ge": 50, "unit": "%"}}


@pytest.mark.parametrize("pick", PICKED)
def test_a_picked_value_is_the_same_to_the_last_digit(file: Path, pick: str) -> None:
    sql = f"SELECT scope, {PICKED[pick]} AS picked FROM ({ROWS_0}) GROUP BY scope ORDER BY scope"

    mine, of_spark = both(file, sql, {})

    assert mine == of_spark
    assert len({picked for _, picked in mine}) > 2


@pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)
def test_a_pick_chooses_the_same_values(file: Path, leaf: Any) -> None:
    held = hits(leaf, 0)
    sql = f"WITH rows_0 AS ({ROWS_0}) SELECT scope FROM ({held.sql}) ORDER BY scope"

    mine, of_spark = both(file, sql, held.parameters)

    assert mine == of_spark
    assert 0 < len(mine) < 400


@pytest.mark.parametrize(
    "text", [text for text in TEXTS[:30] if text] + ["${env:HOME}", "${", "a${b}${c}", "\\n"]
)
def test_a_text_of_a_definition_stays_what_it_is_in_spark(text: str) -> None:
    tree = of_lake(Query("SELECT $text AS text", {"text": text}))

    assert session().sql(written(tree, "spark")).collect()[0][0] == text


def test_a_bound_keeps_its_last_digit_in_spark() -> None:
    bounds = {f"b{place}": number for place, number in enumerate([*NUMBERS[:17], 60, -(2**53), 2**31])}
    columns = ", ".join(f"${name} AS {name}" for name in bounds)
    tree = of_lake(Query(f"SELECT {columns}, $day AS day", {**bounds, "day": date(1500, 2, 28)}))

    row = session().sql(written(tree, "spark")).collect()[0]

    assert list(row) == [*bounds.values(), date(1500, 2, 28)]
