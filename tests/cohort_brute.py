"""The cohort language evaluated by brute force: plain Python loops over rows, no DuckDB, no masks.

Knows the rules of docs/cohort-language.md and the rows of `cohort_rows`; imports only the unit conversion
and the code mapping, which have tests of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from cohort_rows import Row, Rows
from orthanc_cohorts.harmonise import body_part, canonical_concept, convert

COLUMNS: dict[str, dict[str, str]] = {
    "patient": {"sex": "patient_sex", "age": "patient_age_years", "bmi": "patient_bmi"},
    "study": {"modality": "modalities", "date": "study_time", "description": "study_description"},
    "series": {
        "modality": "modality",
        "manufacturer": "manufacturer",
        "body_part": "body_part",
        "slice_thickness": "slice_thickness_mm",
    },
    "waveform": {"channels": "number_of_channels", "duration": "duration_s"},
    "segment": {"property_type": "property_type", "region": "region", "label": "segment_label"},
    "document": {"title": "title", "completion": "completion_flag"},
    "measurement": {"concept": "concept", "site": "site", "qualifier": "qualifier", "value": "value"},
    "evaluation": {"concept": "concept", "value": "value", "site": "site"},
    "text": {"concept": "concept", "section": "section", "contains": "text"},
    "roi": {
        "name": "name",
        "interpreted_type": "interpreted_type",
        "property_type": "property_type",
        "graphic_type": "graphic_types",
        "volume": "volume_cm3",
        "contours": "contour_count",
    },
    "attribute": {
        "tag": "tag",
        "creator": "private_creator",
        "text": "text_value",
        "value": "number_value",
        "date": "time_value",
    },
}
TABLES = {op: op for op in COLUMNS} | {"patient": "study", "study": "study", "text": "text_item"}
TAGS = {
    "GantryDetectorTilt": ["00181120"],
    "(0018,1120)": ["00181120"],
    "ProcedureCodeSequence.00080100": ["00081032.00080100"],
    "0029,1001": ["00291001", "00291101"],
    "0029xx02": ["00291002"],
}
"""What the tags that are asked stand for in the table."""
INTERVALS = {"age": None, "bmi": None, "slice_thickness": "mm"}
UNITS = {"duration": "s", "channels": "", "slice_thickness": "mm", "age": "a", "bmi": "kg/m2"} | {
    "volume": "cm3",
    "contours": "",
}


def units(rows: Rows, definition: dict[str, Any]) -> set[int]:
    """Return the keys of the units for which a definition is true."""
    unit = definition["unit"]
    studies = rows.tables.get("study", [])
    universe = {row[f"{unit}_key"] for row in studies}
    owner = {row["study_key"]: row[f"{unit}_key"] for row in studies}
    return {
        key
        for key in universe
        if definition.get("where") is None or _true(rows, definition["where"], key, owner)
    }


def _true(rows: Rows, node: dict[str, Any], unit: int, owner: dict[int, int]) -> bool:
    if node["op"] == "and":
        return all(_true(rows, arg, unit, owner) for arg in node["args"])
    if node["op"] == "or":
        return any(_true(rows, arg, unit, owner) for arg in node["args"])
    if node["op"] == "not":
        return not _true(rows, node["arg"], unit, owner)
    if node["op"] == "same":
        return unit in _same(rows, node, owner)
    if node["op"] == "temporal":
        return unit in _temporal(rows, node, owner)
    table = _attributes(rows) if node["op"] == "attribute" else rows.tables.get(TABLES[node["op"]], [])
    mine = [row for row in table if owner[row["study_key"]] == unit]
    matches = [row for row in mine if _matches(rows, node, row)]
    bounds = node.get("value") if node["op"] == "measurement" else None
    if node.get("pick") == "nearest":
        return _nearest(rows, node, matches, unit, owner)
    number = len(matches) if bounds is None else _picked(rows, node, matches, bounds)
    return within(number, node.get("count", {"ge": 1}))


def _nearest(rows: Rows, node: dict[str, Any], matches: list[Row], unit: int, owner: dict[int, int]) -> bool:
    """Tell whether the value nearest to the anchor of a unit lies within the range."""
    of, pick = node["anchor"]["of"], node["anchor"].get("pick", "first")
    days = [
        day
        for row in matching(rows, of)
        if owner[row["study_key"]] == unit
        and _counts(rows, of, row)
        and (day := day_of(rows, of["op"], row)) is not None
    ]
    every = {**node, "pick": "any"}
    unbounded = {"ge": -1e300, "unit": node["value"].get("unit", "1")}
    known = [
        row
        for row in matches
        if day_of(rows, "measurement", row) is not None and _picked(rows, every, [row], unbounded) > 0
    ]
    if not days or not known:
        return False
    anchor = min(days) if pick == "first" else max(days)

    def apart(row: Row) -> int:
        return abs(((day_of(rows, "measurement", row) or anchor) - anchor).days)

    least = min(map(apart, known))
    closest = [row for row in known if apart(row) == least]
    return _picked(rows, {**node, "pick": "first"}, closest, node["value"]) > 0


def _same(rows: Rows, node: dict[str, Any], owner: dict[int, int]) -> set[int]:
    """Return the units that own a match in a scope in which every clause holds."""
    found: list[tuple[bool, dict[Any, list[Row]]]] = []
    for arg in node["args"]:
        leaf = arg["arg"] if arg["op"] == "not" else arg
        by_scope: dict[Any, list[Row]] = {}
        for row in matching(rows, leaf):
            for scope in _scopes(rows, node["scope"], leaf["op"], row):
                by_scope.setdefault(scope, []).append(row)
        enough = {scope: part for scope, part in by_scope.items() if _enough(rows, leaf, part)}
        kept = {scope: [row for row in part if _counts(rows, leaf, row)] for scope, part in enough.items()}
        found.append((arg["op"] != "not", kept))
    positive = [part for wanted, part in found if wanted]
    held = set.intersection(*(set(part) for part in positive))
    held -= {scope for wanted, part in found if not wanted for scope in part}
    return {owner[row["study_key"]] for part in positive for scope in held for row in part[scope]}


def matching(rows: Rows, leaf: dict[str, Any]) -> list[Row]:
    """Return the rows that a leaf matches, but for the range of a measurement's value."""
    return [row for row in rows.tables.get(TABLES[leaf["op"]], []) if _matches(rows, leaf, row)]


def _enough(rows: Rows, leaf: dict[str, Any], matches: list[Row]) -> bool:
    if "change" in leaf:
        return _changed(rows, leaf, matches)
    bounds = leaf.get("value") if leaf["op"] == "measurement" else None
    number = len(matches) if bounds is None else _picked(rows, leaf, matches, bounds)
    return within(number, leaf.get("count", {"ge": 1}))


def _changed(rows: Rows, leaf: dict[str, Any], matches: list[Row]) -> bool:
    """Tell whether first and latest value of a lesion, in one unit, differ as asked."""
    kept = [row for row in matches if _counts(rows, leaf, row)]
    percent = leaf["change"].get("unit") == "%"
    units = {row.get("unit_canonical") or row.get("unit_code") if percent else None for row in kept}
    for unit in units:
        part = [r for r in kept if not percent or (r.get("unit_canonical") or r.get("unit_code")) == unit]
        values = [
            (row, row["value"] if row.get("value_canonical") is None else row["value_canonical"])
            for row in part
        ]
        if len(values) < 2:
            continue
        first, latest = (_in_time(rows, values, pick) for pick in ("first", "latest"))
        if percent and first == 0:
            continue
        told = (latest - first) * 100 / abs(first) if percent else latest - first
        own = leaf["change"].get("unit", "1")
        bounds = {k: v if percent else convert(v, own)[0] for k, v in leaf["change"].items() if k != "unit"}
        # A change that misses a bound by the digits that binary numbers have too many is that bound.
        nearly = {k: bound if abs(told - bound) <= 5e-13 else told for k, bound in bounds.items()}
        if all(within(nearly[k], {k: bound}) for k, bound in bounds.items()):
            return True
    return False


def _counts(rows: Rows, leaf: dict[str, Any], row: Row) -> bool:
    """Tell whether a row by itself is a match; with a pick, every row of the right dimension is."""
    if "change" in leaf:
        if row.get("value") is None or day_of(rows, "measurement", row) is None:
            return False
        unit = leaf["change"].get("unit", "1")
        whole = {**leaf, "pick": "any", "value": {"ge": -1e300, "unit": unit}}
        return unit == "%" or _picked(rows, whole, [row], whole["value"]) > 0
    if leaf["op"] != "measurement" or "value" not in leaf:
        return True
    if leaf.get("pick", "any") == "any":
        return _picked(rows, leaf, [row], leaf["value"]) > 0
    return (
        _picked(rows, {**leaf, "pick": "any"}, [row], {"ge": -1e300, "unit": leaf["value"].get("unit", "1")})
        > 0
    )


def _scopes(rows: Rows, scope: str, op: str, row: Row) -> list[Any]:
    instance, group = row.get("instance_key"), row.get("group_path")
    if scope == "group":
        return [(instance, group)] if group else []
    if scope == "study":
        return [row["study_key"]]
    if scope == "document":
        return [instance]
    if scope == "tracking":
        groups = [
            g
            for g in rows.tables.get("observation_group", [])
            if g["instance_key"] == instance and g["path"] == group
        ]
        lesions = [row] if op == "segment" else groups
        return [lesion for one in lesions if (lesion := _lesion(rows, one)) is not None]
    if op == "series":
        return [row["series_key"]]
    return sorted(_sources(rows, instance)) or [row["series_key"]]


def _lesion(rows: Rows, row: Row) -> Any:
    if row.get("tracking_uid"):
        return row["tracking_uid"]
    if not row.get("tracking_identifier"):
        return None
    patients = {study["study_key"]: study["patient_key"] for study in rows.tables["study"]}
    return patients[row["study_key"]], row["tracking_identifier"]


def _sources(rows: Rows, instance: int | None) -> set[int]:
    uids = {
        reference["target_sop_instance_uid"]
        for reference in rows.tables.get("reference", [])
        if reference["instance_key"] == instance and reference["kind"] != "predecessor"
    }
    return {other["series_key"] for other in rows.tables["instance"] if other["sop_instance_uid"] in uids}


def _temporal(rows: Rows, node: dict[str, Any], owner: dict[int, int]) -> set[int]:
    patients = {study["study_key"]: study["patient_key"] for study in rows.tables["study"]}
    first, second = (
        [
            (patients[row["study_key"]], row, day)
            for row in matching(rows, node[side])
            if _counts(rows, node[side], row) and (day := day_of(rows, node[side]["op"], row)) is not None
        ]
        for side in ("first", "second")
    )
    return {
        owner[later["study_key"]]
        for one, _, before in first
        for other, later, after in second
        if one == other and within((after - before).days, node["days"])
    }


def day_of(rows: Rows, op: str, row: Row) -> date | None:
    """Return the local day of a row's clinical time."""
    time = time_of(rows, op, row)
    return None if time is None else time.date()


def time_of(rows: Rows, op: str, row: Row) -> datetime | None:
    """Return the clinical time of a row."""
    study = next(s for s in rows.tables["study"] if s["study_key"] == row["study_key"])
    if op in ("patient", "study", "series", "waveform"):
        acquired: datetime | None = row.get("first_acquisition_time") if op == "series" else None
        return acquired or study.get("study_time")
    times = [s for s in rows.tables.get("subject", []) if s["instance_key"] == row["instance_key"]]
    return times[0].get("event_time") if times else None


def _attributes(rows: Rows) -> list[Row]:
    """Return what live instances state, once per series; times of day are of no day."""
    dead = {row["instance_key"] for row in rows.tables.get("tombstone", [])}
    found: dict[str, Row] = {}
    for row in rows.tables.get("attribute", []):
        if not dead.issuperset(row["instance_keys"]):
            shared = {name: value for name, value in row.items() if name != "instance_keys"}
            if row.get("vr") == "TM":
                shared["time_value"] = None
            found[repr(sorted(shared.items()))] = shared
    return list(found.values())


def _matches(rows: Rows, leaf: dict[str, Any], row: Row) -> bool:
    op = leaf["op"]
    for name, asked in leaf.items():
        if name in ("op", "count", "pick", "change", "missing", "as", "anchor") or (
            op == "measurement" and name == "value"
        ):
            continue
        if not _holds(rows, op, name, asked, row):
            return False
    missing = leaf.get("missing", [])
    if not all(_absent(row, op, name) for name in missing):
        return False
    if op == "attribute" and not {"text", "value", "date"} & {*leaf, *missing}:
        return row.get("text_value") is not None or row.get("number_value") is not None
    if op in ("measurement", "evaluation") and "value" not in missing and "qualifier" not in leaf:
        return row.get("value" if op == "measurement" else "value_code") is not None
    return True


def _absent(row: Row, op: str, name: str) -> bool:
    if name == "body_part":
        return row.get("body_part_examined") is None and row.get("anatomic_region_code") is None
    column = COLUMNS[op][name]
    value = row.get(f"{column}_min") if name in INTERVALS else row.get(column)
    return value is None or value == []


def _holds(rows: Rows, op: str, name: str, asked: Any, row: Row) -> bool:
    column = COLUMNS[op][name]
    if name in INTERVALS:
        low, high = row.get(f"{column}_min"), row.get(f"{column}_max")
        return low is not None and within(low, _own(asked, name)) and within(high, _own(asked, name))
    if op == "attribute" and name in ("tag", "value"):
        return row.get(column) in TAGS[asked] if name == "tag" else _number_holds(row.get(column), asked)
    if name == "contains":
        return any(word.lower() in row["text"].lower() for word in asked)
    if name in UNITS:
        return row.get(column) is not None and within(row[column], _own(asked, name))
    if name == "date":
        bounds = {key: date.fromisoformat(day) for key, day in asked.items()}
        return row.get(column) is not None and within(row[column].date(), bounds)
    if name == "body_part":
        return _body_part_holds(rows, asked, row)
    wanted = _wanted(asked)
    if name == "graphic_type" or (name == "modality" and op == "study"):
        return bool(wanted & set(row.get(column) or []))
    if "|" in str(row.get(column)):
        return _is_code(row[column], wanted)
    if row.get(column) not in wanted:
        return False
    return all(value in wanted for value in _instances(rows, op, column, row) if value is not None)


def _number_holds(number: float | None, bounds: dict[str, Any]) -> bool:
    return number is not None and within(number, bounds)


def _is_code(code: str, wanted: set[Any]) -> bool:
    """Tell whether a code is wanted; one of a private scheme also when it is wanted without its owner."""
    scheme, _, value = code.partition("|")
    name, at, _ = scheme.partition("@")
    return code in wanted or (bool(at) and (name[:2] == "99" or name == "L") and f"{name}|{value}" in wanted)


def _body_part_holds(rows: Rows, asked: str | list[str], row: Row) -> bool:
    """Tell whether every instance that states a body part states one of those asked, and one does."""
    texts = [asked] if isinstance(asked, str) else asked
    wanted = _wanted(texts) | {body_part(text) for text in texts if "|" not in text}
    headers = [h for h in rows.tables["instance_header"] if h["series_key"] == row["series_key"]]
    stating = [h for h in headers if not _absent(h, "series", "body_part")]
    return bool(stating) and all(
        h.get("body_part_examined") in texts or (h.get("body_part") is not None and h["body_part"] in wanted)
        for h in stating
    )


def _instances(rows: Rows, op: str, column: str, row: Row) -> list[Any]:
    """Return what the instances of a series or study state, if they are said to differ."""
    if op not in ("patient", "study", "series") or column not in (row.get("varies") or ()):
        return []
    level = "series_key" if op == "series" else "study_key"
    return [header.get(column) for header in rows.tables["instance_header"] if header[level] == row[level]]


def _wanted(asked: str | list[str]) -> set[Any]:
    texts = [asked] if isinstance(asked, str) else asked
    return {canonical_concept(*text.split("|")) if "|" in text else text for text in texts}


def _own(asked: dict[str, Any], name: str) -> dict[str, Any]:
    unit = asked.get("unit")
    if unit is None or unit == UNITS[name]:
        return {key: value for key, value in asked.items() if key != "unit"}
    one = convert(1.0, UNITS[name])[0]
    return {
        key: float(f"{convert(value, unit)[0] / one:.15g}") for key, value in asked.items() if key != "unit"
    }


def _picked(rows: Rows, leaf: dict[str, Any], matches: list[Row], asked: dict[str, Any]) -> int:
    unit = asked.get("unit", "1")
    bounds = {key: convert(value, unit)[0] for key, value in asked.items() if key != "unit"}
    canonical = convert(1.0, unit)[1]
    fitting = []
    for row in matches:
        if row.get("value") is None:
            continue
        if row.get("unit_canonical") == canonical:
            fitting.append((row, row["value_canonical"]))
        elif canonical == "1" and row.get("unit_code") is None:
            fitting.append((row, row["value"]))
    inside = [value for _, value in fitting if within(value, bounds)]
    pick = leaf.get("pick", "any")
    if pick == "any":
        return len(inside)
    if pick == "all":
        return len(inside) if len(inside) == len(fitting) else 0
    if not fitting:
        return 0
    if pick in ("first", "latest"):
        return int(within(_in_time(rows, fitting, pick), bounds))
    values = sorted(value for _, value in fitting)
    choose: dict[str, Callable[[list[float]], float]] = {"min": min, "max": max, "mean": _mean}
    return int(within(choose[pick](values), bounds))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _in_time(rows: Rows, fitting: list[tuple[Row, float]], pick: str) -> float:
    uids = {row["instance_key"]: row["sop_instance_uid"] for row in rows.tables["instance"]}
    events = {row["instance_key"]: row["event_time"] for row in rows.tables.get("subject", [])}

    def place(pair: tuple[Row, float]) -> tuple[datetime, str, list[int], int, float]:
        row = pair[0]
        path = [int(step) for step in row["path"].split(".")]
        when = events.get(row["instance_key"]) or datetime.min
        return when, uids[row["instance_key"]], path, row["value_index"], pair[1]

    timed = [pair for pair in fitting if events.get(pair[0]["instance_key"]) is not None]
    ordered = sorted(timed or fitting, key=place)
    return ordered[0][1] if pick == "first" else ordered[-1][1]


def within(value: Any, bounds: dict[str, Any]) -> bool:
    """Tell whether a value satisfies every bound."""
    tests: dict[str, Callable[[Any, Any], bool]] = {
        "ge": lambda one, other: one >= other,
        "gt": lambda one, other: one > other,
        "le": lambda one, other: one <= other,
        "lt": lambda one, other: one < other,
        "eq": lambda one, other: one == other,
    }
    return all(tests[name](value, bound) for name, bound in bounds.items())


def facet(rows: Rows, definition: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Return what a facet counts, all values or, of a number, the units of each: by loops over rows.

    base, missing: counts of units. values: value to the set of its units in the base.
    """
    op, field = asked["op"], asked["field"]
    where = definition.get("where")
    kept = [clause for clause in _top(where) if not _own_clause(clause, asked)]
    base = units(rows, {**definition, "where": {"op": "and", "args": kept} if kept else None})
    owner = {row["study_key"]: row[f"{definition['unit']}_key"] for row in rows.tables["study"]}
    found: dict[Any, set[int]] = {}
    for row in rows.tables.get(TABLES[op], []):
        for value in _facet_values(row, op, field, asked):
            if owner[row["study_key"]] in base:
                found.setdefault(value, set()).add(owner[row["study_key"]])
    return {"base": len(base), "missing": len(base - set().union(*found.values())), "values": found}


def _top(where: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return the clauses that must all be true; nested `and` and double negation mean the same."""
    if where is None:
        return []
    if where["op"] == "and" or (where["op"] == "or" and len(where["args"]) == 1):
        return [clause for arg in where["args"] for clause in _top(arg)]
    if where["op"] == "not":
        inner = _top(where["arg"])
        if len(inner) == 1 and inner[0]["op"] == "not":
            return _top(inner[0]["arg"])
    return [where]


def _own_clause(clause: dict[str, Any], asked: dict[str, Any]) -> bool:
    if clause["op"] != asked["op"]:
        return False
    if "concept" in asked and ("concept" not in clause or _codes(clause) != _codes(asked)):
        return False
    return asked["field"] in clause or asked["field"] in clause.get("missing", [])


def _codes(asked: dict[str, Any]) -> set[Any]:
    return _wanted(asked["concept"])


def _facet_values(row: Row, op: str, field: str, asked: dict[str, Any]) -> list[Any]:
    content = "value" if op == "measurement" else "value_code"
    if "concept" in COLUMNS[op] and field not in ("value", "qualifier") and row.get(content) is None:
        return []
    if "concept" in asked and not _is_code(str(row.get("concept")), _codes(asked)):
        return []
    if op == "measurement" and field == "value":
        canonical = convert(1.0, asked.get("unit", "1"))[1]
        if row.get("value") is None:
            return []
        if row.get("unit_canonical") == canonical:
            return [row["value_canonical"]]
        return [row["value"]] if canonical == "1" and row.get("unit_code") is None else []
    column = COLUMNS[op][field]
    if field in INTERVALS:
        stated = [row.get(f"{column}_min"), row.get(f"{column}_max")]
    elif field == "date":
        stated = [row[column].date().isoformat()] if row.get(column) else []
    elif field == "body_part":
        stated = [row.get("body_part_examined") or row.get("body_part")]
    else:
        value = row.get(column)
        stated = value if isinstance(value, list) else [value]
    return [value for value in stated if value is not None]
