"""Leaves as statements over the arranged tables; where time counts, over what lies beside them, too.

They yield what the one statement of `plan` does of these rows, live ones only. Runs nothing, and never puts a
value into a statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort.arrangement import Arrangement
from orthanc_cohorts.cohort.codes import expand
from orthanc_cohorts.cohort.numbering import NO_UNIT
from orthanc_cohorts.cohort.plan import (
    COMPARABLE,
    VALUE,
    Query,
    Tree,
    appended,
    leaf_conditions,
    unit_of,
)
from orthanc_cohorts.cohort.plan import placed as plain_placed
from orthanc_cohorts.cohort.properties import Condition
from orthanc_cohorts.cohort.quantities import DIMENSIONLESS

CODED = {
    "measurement": ("concept", "site", "laterality", "method", "derivation"),
    "evaluation": ("concept", "value", "site", "laterality"),
}
"""Fields whose codes the arranged tables hold as numbers, by `op`."""
_NO_FIELDS = frozenset({"op", "count", "pick", "value", "as", "change"})
_COMPARE = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "eq": "="}


def answers(leaf: Tree) -> bool:
    """Tell whether a leaf asks nothing but what the arranged tables hold."""
    coded = CODED.get(leaf["op"])
    return coded is not None and _NO_FIELDS.union(coded).issuperset(leaf)


def units_asked(leaf: Tree) -> list[str]:
    """Return the units of rows that a range is about."""
    unit = leaf["value"]["unit"]
    return [unit, NO_UNIT] if unit == DIMENSIONLESS else [unit]


def matches(leaf: Tree, arrangement: Arrangement) -> Query:
    """Return `study_key` of the matching rows; of a measurement with a range, those within it (pick any)."""
    conditions = _numbered(leaf, arrangement)
    if leaf["op"] == "measurement" and "value" in leaf:
        conditions += [_of_unit(leaf, arrangement), _inside("f.value", leaf["value"])]
    return appended(f"cohort/arranged/{leaf['op']}", conditions)


def of_concept(concept: int, units: list[int], arrangement: Arrangement) -> Query:
    """Return `study_key`, `value` of all rows of a concept in some units, by their numbers."""
    conditions = [among("f.concept", "concept", [concept]), among("f.unit", "units", units)]
    if arrangement.dead:
        conditions.append(_ALIVE)
    return appended("cohort/arranged/measurement_numbers", conditions)


def incomparable(leaf: Tree, arrangement: Arrangement) -> Query | None:
    """Return `study_key` of the rows that a range leaves out for their dimension; None where none can be."""
    units = arrangement.numbering.of(units_asked(leaf))
    if "concept" in leaf:
        concepts = arrangement.numbering.of(expand(leaf["concept"]))
        if not arrangement.has_other_units(concepts, units):
            return None
    other = _of_unit(leaf, arrangement)
    conditions = [*_numbered(leaf, arrangement), Condition(f"NOT {other.sql}", other.parameters)]
    return appended("cohort/arranged/measurement", conditions)


def values(leaf: Tree, arrangement: Arrangement) -> Query:
    """Return the rows of a measurement with a range, as `plan` does for picks without time."""
    query = appended("cohort/arranged/measurement_values", _numbered(leaf, arrangement))
    units = {"units": arrangement.numbering.of(units_asked(leaf))}
    return Query(query.sql, query.parameters | units)


def in_time(leaf: Tree, arrangement: Arrangement) -> tuple[list[Query], list[Query]]:
    """Return the values of which one is the first or latest of its unit: arranged ones, and others.

    Columns: study_key, value, at; of the unit's dimension only. There may be more values than are needed, and
    where an arranged object died or moved in time, there are all of its study.
    """
    conditions = [*_numbered(leaf, arrangement), _of_unit(leaf, arrangement), *_unmoved(arrangement)]
    untimed = {"untimed": UNTIMED[leaf["pick"]]}
    wide = appended(
        "cohort/measurement_at", [*leaf_conditions(leaf), Condition("TRUE", unit_of(leaf["value"]) | untimed)]
    )
    others = _beside(wide, arrangement)
    # What was marked before other filters is not what they leave.
    marked = [] if _filters(leaf) else [Condition(f"f.may_be_{leaf['pick']}")]
    name, untold = "cohort/arranged/measurement_in_time", Condition("TRUE", untimed)
    of_base = [appended(name, [*conditions, *marked, untold])]
    if marked and (arrangement.dead or arrangement.moved):
        of_base.append(appended(name, [*conditions, _DISTURBED, untold]))
    return of_base, [_selected("r.study_key, r.value, r.at", query, "r.comparable", {}) for query in others]


UNTIMED = {"first": 2**63 - 1, "latest": -(2**63) + 1}
"""What stands for no time: rows without time count only where a unit has no others."""
_DISTURBED = Condition(
    "f.study_key IN (SELECT i.study_key FROM instance AS i WHERE i.instance_key IN "
    "(SELECT instance_key FROM tombstone UNION ALL SELECT instance_key FROM moved))"
)


def ties(leaf: Tree, arrangement: Arrangement, studies: list[int]) -> Query:
    """Return the values of a leaf in some studies, of the unit's dimension, with their place in time.

    Columns: study_key, value, comparable, timed, rank, as `plan` has them.
    """
    of_studies = Condition("f.study_key IN (SELECT unnest($studies::INTEGER[]))", {"studies": studies})
    arranged = appended(
        "cohort/arranged/measurement_ties",
        [
            *_numbered(leaf, arrangement),
            _of_unit(leaf, arrangement),
            *_unmoved(arrangement),
            of_studies,
        ],
    )
    wide = appended(
        "cohort/measurement_ties",
        [*leaf_conditions(leaf), Condition("TRUE", unit_of(leaf["value"])), of_studies],
    )
    others = [
        _selected("r.* EXCLUDE (comparable)", query, "r.comparable", {})
        for query in _beside(wide, arrangement)
    ]
    parts = [arranged, *others]
    sql = " UNION ALL BY NAME ".join(f"({part.sql})" for part in parts)
    order = "r.event_time, i.sop_instance_uid, string_split(r.path, '.')::INTEGER[], r.value_index, r.value"
    return Query(
        "SELECT r.study_key, r.value, TRUE AS comparable, r.event_time IS NOT NULL AS timed, "
        f"row_number() OVER (ORDER BY {order}) AS rank "
        f"FROM ({sql}) AS r JOIN instance AS i ON i.instance_key = r.instance_key",
        {name: value for part in parts for name, value in part.parameters.items()},
    )


def is_placed(leaf: Tree) -> bool:
    """Tell whether `placed` has the rows of a leaf: not where order at one time or units as sent count."""
    return answers(leaf) and "change" not in leaf and leaf.get("pick") not in UNTIMED


def placed(leaf: Tree, arrangement: Arrangement, paths: str, timed: bool) -> Query:
    """Return the matching rows with their place and time, as `plan.placed`, and `v`.

    v: the value, where a range is asked; rows of another dimension are left out then.
    timed: whether the time is needed; where it is not, it may be an old one.
    paths: `text`, `number` for group paths as numbers that name one together with their instance, or empty.
    """
    conditions = _numbered(leaf, arrangement)
    wide, value = plain_placed(leaf), "NULL::DOUBLE"
    if "value" in leaf and leaf["op"] == "measurement":
        conditions.append(_of_unit(leaf, arrangement))
        value = VALUE
        wide = _selected("*", wide, COMPARABLE, unit_of(leaf["value"]))
    if timed and arrangement.moved:
        conditions.append(_UNMOVED)
    base = appended(f"cohort/arranged/placed_{leaf['op']}", conditions)
    group = "r.group_path" if paths == "text" else "NULL::INTEGER AS group_path"
    if paths == "text":
        base = _selected("r.* REPLACE (p.path AS group_path)", base, "TRUE", {}, join=_ARRANGED_PATH)
    elif paths == "number":
        group = "p.number AS group_path"
    columns = f"r.study_key, r.series_key, r.instance_key, {group}, r.event_time, {value} AS v"
    join = _LATER_PATH if paths == "number" else ""
    parts = [base]
    if arrangement.later:
        came = "r.instance_key >= $below"
        parts.append(_selected(columns, wide, came, {"below": arrangement.below}, join))
    if timed and arrangement.moved:
        again = "r.instance_key < $below AND r.instance_key IN (SELECT instance_key FROM moved)"
        parts.append(_selected(columns, wide, again, {"below": arrangement.below}, join))
    return Query(
        " UNION ALL ".join(part.sql for part in parts),
        {name: given for part in parts for name, given in part.parameters.items()},
    )


_ARRANGED_PATH = " LEFT JOIN arranged_path AS p ON p.number = r.group_path"
_LATER_PATH = f" LEFT JOIN ({load('cohort/arranged/later_paths')}) AS p ON p.path = r.group_path"


def _unmoved(arrangement: Arrangement) -> list[Condition]:
    return [_UNMOVED] if arrangement.moved else []


def _filters(leaf: Tree) -> bool:
    return any(name in leaf for name in CODED[leaf["op"]] if name != "concept")


_ALIVE = Condition("f.instance_key NOT IN (SELECT instance_key FROM tombstone)")
_UNMOVED = Condition("f.instance_key NOT IN (SELECT instance_key FROM moved)")


def _numbered(leaf: Tree, arrangement: Arrangement) -> list[Condition]:
    """Return what holds on an arranged row of a leaf, but for a range; that its instance lives, too."""
    found = [
        among(f"f.{name}", f"{name}_number", arrangement.numbering.of(expand(leaf[name])))
        for name in CODED[leaf["op"]]
        if name in leaf
    ]
    return [*found, _ALIVE] if arrangement.dead else found


def among(column: str, name: str, numbers: list[int]) -> Condition:
    """Return the condition that a column of numbers holds one of those given."""
    if len(numbers) == 1:
        return Condition(f"{column} = ${name}", {name: numbers[0]})
    return Condition(f"{column} IN (SELECT unnest(${name}::INTEGER[]))", {name: numbers})


def _of_unit(leaf: Tree, arrangement: Arrangement) -> Condition:
    return among("f.unit", "units", arrangement.numbering.of(units_asked(leaf)))


def _inside(value: str, bounds: Mapping[str, Any]) -> Condition:
    stated = {key: bound for key, bound in bounds.items() if key != "unit"}
    tests = [f"{value} {_COMPARE[key]} $bound_{key}" for key in stated]
    return Condition(" AND ".join(tests), {f"bound_{key}": bound for key, bound in stated.items()})


def _later(query: Query, arrangement: Arrangement) -> Query:
    return Query(
        f"{query.sql} AND f.instance_key >= $below", {**query.parameters, "below": arrangement.below}
    )


def _beside(query: Query, arrangement: Arrangement) -> list[Query]:
    """Return the rows that the arranged tables lack: of objects that came later, and of some other time now.

    A statement without rows would still read its table.
    """
    found = [_later(query, arrangement)] if arrangement.later else []
    return [*found, _moved(query, arrangement)] if arrangement.moved else found


def _moved(query: Query, arrangement: Arrangement) -> Query:
    """Return the rows of objects that are arranged, but moved in time since."""
    sql = f"{query.sql} AND f.instance_key < $below AND f.instance_key IN (SELECT instance_key FROM moved)"
    return Query(sql, {**query.parameters, "below": arrangement.below})


def _selected(
    columns: str, query: Query, condition: str, parameters: Mapping[str, Any], join: str = ""
) -> Query:
    sql = f"SELECT {columns} FROM ({query.sql}) AS r{join} WHERE {condition}"
    return Query(sql, {**query.parameters, **parameters})
