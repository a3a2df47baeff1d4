"""From the columns of a request to what is read: leaf, field, pick, unit and window, all in canonical form.

Knows the cohort language and the whitelist of fields; no rows and no SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from orthanc_cohorts.cohort.canonical import Canonical, Tree, canonical, canonical_leaf, days_apart
from orthanc_cohorts.cohort.clauses import LEAVES, Measurement
from orthanc_cohorts.cohort.definition import BadDefinition, Definition, Detail, check_clauses
from orthanc_cohorts.cohort.inline import Library, inline
from orthanc_cohorts.cohort.leaf import Leaf, properties
from orthanc_cohorts.cohort.properties import Day, Number, Property
from orthanc_cohorts.cohort.quantities import DIMENSIONLESS
from orthanc_cohorts.columns.request import Anchor, ClauseColumn, Columns, Pick, RowsColumn
from orthanc_cohorts.errors import UnknownUnit
from orthanc_cohorts.harmonise import canonical_unit

TIME, DAYS = "time", "days"
SERIES = "series_key"
"""Key of the series of a row; for manifests, and no field that may be asked for."""
UIDS = {
    "study_instance_uid": (),
    "series_instance_uid": ("patient", "study"),
    "sop_instance_uid": ("patient", "study", "series", "attribute"),
}
"""Fields that identify, and the clauses whose rows have no such one."""
_DEFAULT_FIELD = {"measurement": "value", "evaluation": "value", "text": "contains"}
_ALIASES = {"text": {"text": "contains"}}
COUNTING = ("count", "exists")
"""Picks that need no field."""
Per = Literal["patient", "study"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column that can be read.

    leaf: the rows, canonical and without `as`, `count` and `pick`. field: "" where only rows are counted.
    unit: as asked, of the value of a measurement, else "". window: whole days after the anchor as ge and le.
    wide: rows of all studies of the patient. around: the `same` or `temporal` clause whose part was named,
    for rows of the scopes where it holds, or that make a pair. side: of a pair, `first` or `second`.
    """

    name: str
    leaf: Tree
    field: str
    pick: Pick
    unit: str = ""
    window: Tree | None = None
    wide: bool = False
    around: Tree | None = None
    side: str = ""

    @property
    def property(self) -> Property | None:
        """The property of the clause that is read; None for time, days, UIDs and mere rows."""
        return properties(LEAVES[self.leaf["op"]]).get(self.field)


@dataclass(frozen=True, slots=True)
class Flag:
    """A column that tells whether a clause, in canonical form, is true."""

    name: str
    clause: Tree


@dataclass(frozen=True, slots=True)
class Layout:
    """All columns of a table. anchor: the rows of which one is the anchor, read as a column of times."""

    per: Per
    anchor: Wanted | None
    columns: tuple[Wanted | Flag, ...]

    def tree(self) -> Tree:
        """Return the canonical JSON of the columns: equal for requests that mean the same."""
        found: Tree = {"per": self.per, "columns": [_written(column) for column in self.columns]}
        return found if self.anchor is None else found | {"anchor": _written(self.anchor)}


def layout(asked: Columns, cohort: Canonical, library: Library | None = None) -> Layout:
    """Return what the columns of a request read, where rows may be those of named leaves of a cohort.

    library: where clauses `cohort` find saved ones.
    Raises BadDefinition: every fault, with a JSON pointer into the request.
    """
    details: list[Detail] = []
    named = _names(cohort.where)
    per: Per = asked.per or cohort.unit
    anchor = None if asked.anchor is None else _anchor(asked.anchor, named, details)
    columns: list[Wanted | Flag] = []
    for number, column in enumerate(asked.columns):
        pointer = f"/columns/{number}"
        if isinstance(column, ClauseColumn):
            check_clauses(column.where, f"{pointer}/where")
            columns.append(_flag(column, pointer, per, library, details))
        else:
            details += _faults(column, pointer, per, asked.anchor is not None)
            columns.append(_wanted(column, named, pointer, details))
    if details:
        raise BadDefinition(details)
    return Layout(per, anchor, tuple(columns))


def _flag(
    column: ClauseColumn, pointer: str, per: Per, library: Library | None, details: list[Detail]
) -> Flag:
    try:
        cohort = canonical(inline(Definition(version=1, unit=per, where=column.where), library))
    except BadDefinition as error:
        details += [Detail(f"{pointer}{one.pointer}", one.message) for one in error.details]
        return Flag(column.name, {"op": "study"})
    assert cohort.where is not None
    return Flag(column.name, cohort.where)


def selection(asked: Sequence[RowsColumn], cohort: Canonical, table: Layout) -> tuple[Wanted, ...]:
    """Return columns of the keys of the series that rows lie in, for the rows of a table.

    Raises BadDefinition: every fault, with a JSON pointer below /series.
    """
    details: list[Detail] = []
    named = _names(cohort.where)
    found = []
    for number, column in enumerate(asked):
        pointer = f"/series/{number}"
        details += _faults(column, pointer, table.per, table.anchor is not None)
        leaf = _rows(column.of, named, f"{pointer}/of", details)
        if leaf["op"] in ("patient", "study"):
            details.append(
                Detail(f"{pointer}/of", f"`{leaf['op']}` has no series; ask for series or contents")
            )
        window = None if column.days is None else days_apart(column.days)
        wide, around = column.scope == "patient", _around(column.of, named)
        found.append(Wanted(column.name, leaf, SERIES, column.pick, "", window, wide, **around))
    if details:
        raise BadDefinition(details)
    return tuple(found)


class _Named(NamedTuple):
    """A leaf that has a name. negated: under `not`. around, side: as in `Wanted`."""

    leaf: Tree
    negated: bool = False
    around: Tree | None = None
    side: str = ""


_Names = dict[str, _Named]


def _names(tree: Tree | None) -> _Names:
    """Return the leaves of a tree that have a name."""
    return {} if tree is None else dict(_named(tree, _Named({})))


def _named(tree: Tree, place: _Named) -> Iterator[tuple[str, _Named]]:
    if "as" in tree:
        yield tree["as"], place._replace(leaf=tree)
    op = tree["op"]
    if op == "not":
        yield from _named(tree["arg"], place._replace(negated=True))
    elif op == "temporal":
        for side in ("first", "second"):
            yield from _named(tree[side], place._replace(around=tree, side=side))
    elif op in ("and", "or", "same"):
        around = tree if op == "same" else place.around
        for arg in tree["args"]:
            yield from _named(arg, place._replace(around=around))


def _anchor(asked: Anchor, named: _Names, details: list[Detail]) -> Wanted:
    leaf = _rows(asked.of, named, "/anchor/of", details)
    return Wanted("anchor", leaf, TIME, asked.pick, **_around(asked.of, named))


def _wanted(column: RowsColumn, named: _Names, pointer: str, details: list[Detail]) -> Wanted:
    leaf = _rows(column.of, named, f"{pointer}/of", details)
    op = leaf["op"]
    field = column.field or ("" if column.pick in COUNTING else _DEFAULT_FIELD.get(op, ""))
    field = _ALIASES.get(op, {}).get(field, field)
    unit = _unit(column, op, field, pointer, details)
    wanted = Wanted(
        column.name,
        leaf,
        field,
        column.pick,
        unit,
        None if column.days is None else days_apart(column.days),
        column.scope == "patient",
        **_around(column.of, named),
    )
    details += _misfits(wanted, pointer)
    return wanted


def _rows(of: Leaf | str, named: _Names, pointer: str, details: list[Detail]) -> Tree:
    """Return the leaf that says which rows; of a named one, those that made it true."""
    if isinstance(of, str):
        known = named.get(of, _Named({"op": "study"}))
        if of not in named:
            names = ", ".join(sorted(named)) or "none"
            details.append(
                Detail(pointer, f"no clause of the cohort is named {of!r} by `as`; named: {names}")
            )
        elif known.negated:
            details.append(Detail(pointer, f"{of!r} names a clause under `not`, which matched nothing"))
        # The mean of rows may lie where none of them does.
        dropped = ("as", "count", "pick", "change", *(("value",) if known.leaf.get("pick") == "mean" else ()))
        return {name: value for name, value in known.leaf.items() if name not in dropped}
    if of.count is not None:
        details.append(Detail(f"{pointer}/count", "rows are counted by pick `count` of the column"))
    if isinstance(of, Measurement) and (of.pick != "any" or of.change is not None):
        details.append(Detail(pointer, "the column picks; the clause in `of` takes no pick and no change"))
    tree = canonical_leaf(of, pointer, details)
    return {name: value for name, value in tree.items() if name not in ("as", "pick", "count", "change")}


def _around(of: Leaf | str, named: _Names) -> dict[str, Any]:
    known = named.get(of) if isinstance(of, str) else None
    return {} if known is None else {"around": known.around, "side": known.side}


def _unit(column: RowsColumn, op: str, field: str, pointer: str, details: list[Detail]) -> str:
    takes = op == "measurement" and field == "value"
    if column.unit is None:
        return DIMENSIONLESS if takes else ""
    if not takes:
        details.append(Detail(f"{pointer}/unit", "only the value of a measurement takes a unit"))
        return ""
    try:
        canonical_unit(column.unit)
    except UnknownUnit as error:
        details.append(Detail(f"{pointer}/unit", str(error)))
        return DIMENSIONLESS
    return column.unit


def _faults(column: RowsColumn, pointer: str, per: Per, anchored: bool) -> list[Detail]:
    found = []
    needs = {"days": column.days is not None, "pick": column.pick == "nearest", "field": column.field == DAYS}
    if not anchored:
        found += [
            Detail(f"{pointer}/{key}", "this is told from an anchor; the table has none")
            for key, asked in needs.items()
            if asked
        ]
    if column.scope == "study" and per == "patient":
        found.append(Detail(f"{pointer}/scope", "a row is a patient here; scope study needs per study"))
    return found


def _misfits(wanted: Wanted, pointer: str) -> list[Detail]:
    """Return what does not fit between leaf, field and pick."""
    op, field, pick = wanted.leaf["op"], wanted.field, wanted.pick
    if not field:
        needed = "" if pick in COUNTING else f"which field of `{op}`? {_fields(op)}"
        return [Detail(f"{pointer}/field", needed)] if needed else []
    kind = wanted.property
    extra = field in (TIME, DAYS) or (field in UIDS and op not in UIDS[field])
    if kind is None and not extra:
        return [Detail(f"{pointer}/field", f"`{op}` has no field {field!r}: {_fields(op)}")]
    ordered = isinstance(kind, Number | Day) or field in (TIME, DAYS)
    if pick in ("min", "max") and not ordered:
        return [Detail(f"{pointer}/pick", f"{pick} is of numbers and dates; {field} is none")]
    if pick == "mean" and not (isinstance(kind, Number) or field == DAYS):
        return [Detail(f"{pointer}/pick", f"mean is of numbers; {field} is none")]
    return []


def _fields(op: str) -> str:
    uids = [name for name, lacking in UIDS.items() if op not in lacking]
    return "one of " + ", ".join([*properties(LEAVES[op]), TIME, DAYS, *uids])


def _written(column: Wanted | Flag) -> dict[str, Any]:
    if isinstance(column, Flag):
        return {"name": column.name, "where": column.clause}
    found = {"name": column.name, "of": column.leaf, "pick": column.pick}
    more = {"field": column.field, "unit": column.unit, "days": column.window}
    found |= {name: value for name, value in more.items() if value not in ("", None)}
    found |= {"scope": "patient"} if column.wide else {}
    return found | ({} if column.around is None else {"around": column.around, "side": column.side})
