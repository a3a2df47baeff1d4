"""Made-up rows and made-up definitions, for tests that hold an answer against brute force.

Whole numbers and quarters only, so that both compute the same sums. Knows the cohort language; asks nothing.
"""

from __future__ import annotations

import os
import random
from datetime import datetime
from functools import cache
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.cohort import Engine
from orthanc_cohorts.harmonise import body_part

CODES = ["SCT|1", "SCT|2", "SRT|T-32600", "SCT|87878005", "DCM|3", "99X@maker a|1", "99X@maker b|1", "99X|1"]
NUMBERS = [0, 0.25, 1, 1.5, 2, 10]
TEXTS = ["Left ventricle DILATED", "100% of it", "Größe_5", "größe", ""]
DEAD = (9001, 9002)
DAYS = [datetime(2020, 1, day, hour) for day in (1, 2, 3) for hour in (0, 23)]


def made_up(seed: int) -> Rows:
    """Rows of about ten patients: gaps, ties, disagreeing instances, several units and dimensions."""
    dice = random.Random(seed)
    rows = Rows()
    for study in range(14):
        _study(rows, dice, study)
    for table, columns in (
        ("segment", ("property_type", "region")),
        ("document", ("title",)),
        ("evaluation", ("concept", "value", "site")),
        ("text_item", ("concept", "section")),
        ("roi", ("property_type",)),
    ):
        for _ in range(30):
            codes = {name: dice.choice([*CODES, None]) for name in columns}
            row = rows.fact(table, dice.randrange(14), **{name: code for name, code in codes.items() if code})
            if table == "text_item":
                row["text"] = dice.choice(TEXTS)
            if table == "roi":
                row.update(_structure(dice))
    for _ in range(60):
        _measurement(rows, dice)
    for number in range(24):
        _report(rows, dice, number)
    for _ in range(60):
        _attribute(rows, dice)
    for key in DEAD:
        rows.add("tombstone", instance_key=key)
    for _ in range(10):
        channels, duration = dice.choice([1, 2, 12, None]), dice.choice([*NUMBERS, None])
        study = dice.randrange(14)
        rows.fact("waveform", study, series_key=100 + study, number_of_channels=channels, duration_s=duration)
    return rows


def _study(rows: Rows, dice: random.Random, study: int) -> None:
    low, bmi = dice.choice([*NUMBERS, None]), dice.choice([*NUMBERS, None])
    sexes: list[str | None] = dice.choice([["F"], ["M"], ["F", "M"], [None]])
    rows.study(
        study,
        dice.randrange(10),
        patient_sex=sexes[0],
        varies=["patient_sex"] if len(sexes) > 1 else None,
        patient_age_years_min=low,
        patient_age_years_max=None if low is None else low + dice.choice([0, 1]),
        patient_bmi_min=bmi,
        patient_bmi_max=bmi,
        study_time=dice.choice([*DAYS, None]),
    )
    parts = [_body_part(dice) for _ in sexes]
    for sex, part in zip(sexes, parts, strict=True):
        rows.instance(study, 100 + study, patient_sex=sex, manufacturer=sex, **part)
    if dice.random() < 0.3:
        rows.series(200 + study, study, modality="SR")
    thin = dice.choice([*NUMBERS, None])
    rows.series(
        100 + study,
        study,
        modality=dice.choice(["CT", "MR", None]),
        manufacturer=sexes[0],
        varies=["manufacturer", *_differing(parts)] if len(sexes) > 1 else None,
        **{name: min(filter(None, (part[name] for part in parts)), default=None) for name in parts[0]},
        slice_thickness_mm_min=thin,
        slice_thickness_mm_max=None if thin is None else thin + dice.choice([0, 0.25]),
    )


def _structure(dice: random.Random) -> dict[str, Any]:
    return {
        "name": dice.choice(["Heart", "GTV", None]),
        "interpreted_type": dice.choice(["ORGAN", None]),
        "graphic_types": dice.choice([["POINT"], ["CLOSED_PLANAR", "POINT"], None]),
        "volume_cm3": dice.choice([*NUMBERS, None]),
        "contour_count": dice.choice([0, 1, 2, None]),
    }


def _attribute(rows: Rows, dice: random.Random) -> None:
    study = dice.randrange(14)
    tag, creator = dice.choice(
        [
            *[("00181120", None), ("00081032.00080100", None), ("00291001", None)],
            *[("00291001", "A"), ("00291101", "A"), ("00291101", "B"), ("00291002", "B")],
        ]
    )
    vr, number = dice.choice([("DS", True), ("US", True), ("LO", False), ("DA", False), ("TM", False)])
    rows.attribute(
        study,
        tag,
        *dice.choice([(9001,), (9001, 9002), (9003,), (9001, 9003)]),
        series=dice.choice([100 + study, 200 + study]),
        private_creator=creator,
        vr=vr,
        text_value=None if vr == "US" else dice.choice(["x", "y", None]),
        number_value=dice.choice([*NUMBERS, None]) if number else None,
        time_value=dice.choice(DAYS) if vr in ("DA", "TM") else None,
    )


def _body_part(dice: random.Random) -> dict[str, str | None]:
    text, code = (
        dice.choice(["HEART", "Heart", "CHEST", "HERTZ", None]),
        dice.choice(["80891009", None, None]),
    )
    return {
        "body_part_examined": text,
        "anatomic_region_scheme": code and "SCT",
        "anatomic_region_code": code,
        "body_part": f"SCT|{code}" if code else body_part(text),
    }


def _differing(parts: list[dict[str, str | None]]) -> list[str]:
    return [name for name in parts[0] if len({part[name] for part in parts} - {None}) > 1]


def _measurement(rows: Rows, dice: random.Random) -> None:
    more: dict[str, Any] = {}
    if dice.random() < 0.8:
        more["event_time"] = dice.choice([*DAYS, None])
    if dice.random() < 0.4:
        more["site"] = dice.choice(CODES)
    value = dice.choice([*NUMBERS, None])
    if value is None and dice.random() < 0.5:
        more["qualifier"] = dice.choice(CODES)
    rows.measured(
        dice.randrange(14),
        dice.choice(CODES[:2]),
        value,
        dice.choice(["mm", "mm", "cm", "1", "s", None]),
        path=dice.choice(["1.1", "1.9", "1.10"]),
        value_index=dice.choice([1, 2]),
        sop_instance_uid=dice.choice(["", "1.5"]),
        **more,
    )


def _report(rows: Rows, dice: random.Random, number: int) -> None:
    """A report of two groups about one of the series, and a segment of the same lesion."""
    study = dice.randrange(14)
    uid = f"1.9.{number}"
    report = rows.instance(study, 100 + dice.randrange(14), uid)
    rows.add("subject", **report, subject=0, event_time=dice.choice([*DAYS, None]))
    rows.add("document", **report, title=dice.choice(CODES))
    if dice.random() < 0.7:
        image = rows.instance(study, 100 + study, f"1.8.{number}")
        kind = dice.choice(["content", "evidence", "predecessor"])
        target = "1.8.1" if dice.random() < 0.2 else f"1.8.{number}"
        rows.add("reference", **report, kind=kind, target_sop_instance_uid=target)
        segment = {
            "tracking_uid": dice.choice(["1", "2", None]),
            "tracking_identifier": dice.choice(["A", None]),
        }
        rows.add("segment", **image, property_type=dice.choice(CODES), **segment)
    for group in ("1.1", "1.2"):
        lesion = {
            "tracking_uid": dice.choice(["1", "2", None]),
            "tracking_identifier": dice.choice(["A", None]),
        }
        rows.add("observation_group", **report, path=group, **lesion)
        for item in range(dice.randrange(1, 4)):
            placed: dict[str, Any] = {"of": report, "group_path": dice.choice([group, group, None])}
            placed |= {"subject": 0, "path": f"{group}.{item}"}
            if dice.random() < 0.5:
                rows.fact(
                    "evaluation", study, concept=dice.choice(CODES[:2]), value=dice.choice(CODES), **placed
                )
            else:
                unit = dice.choice(["mm", "cm", "s"])
                rows.measured(study, dice.choice(CODES[:2]), dice.choice(NUMBERS), unit, **placed)


def maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


CODE_LISTS = st.lists(st.sampled_from(CODES), min_size=1, max_size=3) | st.sampled_from(CODES)
NUMBER = st.sampled_from(NUMBERS)


def ranges(*units: str | None) -> st.SearchStrategy[dict[str, Any]]:
    bounds = st.one_of(
        st.fixed_dictionaries({"eq": NUMBER}),
        st.fixed_dictionaries({"ge": NUMBER}, optional={"lt": NUMBER}),
        st.fixed_dictionaries({"le": NUMBER}, optional={"gt": NUMBER}),
    )
    unit = st.sampled_from([{"unit": unit} if unit else {} for unit in units])
    return st.builds(lambda one, other: {**one, **other}, bounds, unit)


COUNTS = st.sampled_from([{"ge": 2}, {"lt": 2}, {"eq": 0}, {"eq": 1}, {"gt": 1, "le": 3}, {"ge": 0}])


def leaf(op: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    def built(asked: dict[str, Any], missing: list[str], count: dict[str, int] | None) -> dict[str, Any]:
        clause: dict[str, Any] = {"op": op, **asked}
        gaps = [name for name in missing if name not in asked]
        if gaps:
            clause["missing"] = gaps
        if count is not None and clause.get("pick", "any") in ("any", "all"):
            clause["count"] = count
        if "pick" in clause and "value" not in clause:
            del clause["pick"]
        return clause

    names = [name for name in fields if name != "pick"]
    return st.builds(built, maybe(**fields), st.lists(st.sampled_from(names), max_size=1), st.none() | COUNTS)


BODY_PARTS = ["HEART", "heart", "CHEST", "HERTZ", "SCT|80891009", "SRT|T-32000", "SCT|816094009"]
DATES = st.sampled_from(
    [{"ge": "2020-01-02"}, {"eq": "2020-01-01"}, {"gt": "2020-01-01", "lt": "2020-01-03"}]
)
PUBLIC = ["GantryDetectorTilt", "(0018,1120)", "ProcedureCodeSequence.00080100"]
PRIVATE = ["0029,1001", "0029xx02"]
VALUES = {"text": st.sampled_from(["x", ["x", "y"]]), "value": ranges(None), "date": DATES}
LEAF = st.one_of(
    leaf("patient", sex=st.sampled_from(["F", "M", ["F", "M"]]), age=ranges(None, "a"), bmi=ranges(None)),
    leaf(
        "study",
        modality=st.sampled_from(["CT", ["SR", "US"]]),
        date=DATES,
    ),
    leaf(
        "series",
        modality=st.sampled_from(["CT", ["MR", "CT"]]),
        manufacturer=st.sampled_from(["F", "M", ["F", "M"]]),
        slice_thickness=ranges(None, "mm", "cm"),
        body_part=st.lists(st.sampled_from(BODY_PARTS), min_size=1, max_size=2),
    ),
    leaf("waveform", channels=ranges(None), duration=ranges(None, "s", "ms")),
    leaf("segment", property_type=CODE_LISTS, region=CODE_LISTS),
    leaf("document", title=CODE_LISTS),
    leaf(
        "text",
        concept=CODE_LISTS,
        section=CODE_LISTS,
        contains=st.lists(
            st.sampled_from(["VENTRICLE", "dilated", "%", "_", "GRÖ", "GRÖSSE", "left d"]),
            min_size=1,
            max_size=2,
        ),
    ),
    leaf(
        "roi",
        name=st.sampled_from(["Heart", ["GTV", "Heart"]]),
        interpreted_type=st.just("ORGAN"),
        property_type=CODE_LISTS,
        graphic_type=st.sampled_from(["POINT", ["CLOSED_PLANAR", "x"]]),
        volume=ranges(None, "cm3", "mL"),
        contours=ranges(None),
    ),
    *[
        st.builds(lambda asked, clause: asked | clause, element, fields)
        for element, fields in [
            (st.sampled_from([{"tag": tag} for tag in PUBLIC]), leaf("attribute", **VALUES)),
            (
                st.sampled_from(
                    [{"tag": tag, "creator": who} for tag in PRIVATE for who in ("A", ["B", "C"])]
                ),
                leaf("attribute", **VALUES),
            ),
            (
                st.sampled_from([{"tag": tag, "missing": ["creator"]} for tag in PRIVATE]),
                leaf("attribute", **VALUES).filter(lambda clause: "missing" not in clause),
            ),
        ]
    ],
    leaf("evaluation", concept=CODE_LISTS, value=CODE_LISTS, site=CODE_LISTS),
    *[
        leaf(
            "measurement",
            concept=CODE_LISTS,
            value=ranges("mm", "cm", "s", None),
            site=CODE_LISTS,
            qualifier=CODE_LISTS,
            pick=st.sampled_from(["any", "all", "first", "latest", "min", "max", "mean"]),
        )
    ]
    * 4,
)
STATED = ("measurement", "evaluation", "text")
IN_SCOPE = {
    "group": STATED,
    "document": ("document", *STATED),
    "tracking": ("segment", *STATED),
    "series": ("series", "waveform", "segment", "roi", "document", *STATED),
    "study": ("patient", "study", "series", "waveform", "segment", "roi", "document", *STATED),
}


def placed(ops: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Leaves of these kinds that count from one match on."""
    return LEAF.filter(lambda leaf: leaf["op"] in ops).map(
        lambda leaf: {k: v for k, v in leaf.items() if k != "count" or v in ({"ge": 2}, {"eq": 1})}
    )


CHANGING = leaf("measurement", concept=CODE_LISTS, change=ranges("%", "%", "mm", "cm", None)).map(
    lambda leaf: {k: v for k, v in leaf.items() if k not in ("count", "missing")}
)


def same(scope: str) -> st.SearchStrategy[dict[str, Any]]:
    leaf = placed(IN_SCOPE[scope])
    if scope == "tracking":
        leaf |= CHANGING
    more = st.lists(leaf | st.builds(lambda arg: {"op": "not", "arg": arg}, leaf), max_size=2)
    return st.builds(lambda one, rest: {"op": "same", "scope": scope, "args": [one, *rest]}, leaf, more)


def single(leaf: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in leaf.items() if name not in ("count", "pick")}


TEMPORAL = st.builds(
    lambda first, second, days: {"op": "temporal", "first": first, "second": second, "days": days},
    placed(IN_SCOPE["study"]).map(single),
    placed(IN_SCOPE["study"]).map(single),
    st.sampled_from([{"ge": 0}, {"ge": 0, "le": 1}, {"eq": 0}, {"lt": 0}, {"gt": -2, "lt": 1}, {"eq": 2}]),
)
NEAREST = st.builds(
    lambda asked, of, pick: asked | {"pick": "nearest", "anchor": {"of": of} | pick},
    st.fixed_dictionaries({"op": st.just("measurement"), "value": ranges("mm", "cm", "s", None)}),
    placed(IN_SCOPE["study"]).map(single),
    st.sampled_from([{}, {"pick": "first"}, {"pick": "latest"}]),
)
CLAUSE = st.recursive(
    st.one_of(LEAF, LEAF, *map(same, IN_SCOPE), TEMPORAL),
    lambda inner: st.one_of(
        st.builds(lambda arg: {"op": "not", "arg": arg}, inner),
        st.builds(
            lambda op, args: {"op": op, "args": args},
            st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
    ),
    max_leaves=5,
)
DEFINITION = st.fixed_dictionaries(
    {"version": st.just(1), "unit": st.sampled_from(["patient", "study"]), "where": CLAUSE}
)
EXAMPLES = int(os.environ.get("COHORT_EXAMPLES", "120"))
QUICK = settings(
    deadline=None, max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), derandomize=True
)
CODED = {"concept": st.sampled_from(CODES[:2]) | CODE_LISTS}
SITED = maybe(site=CODE_LISTS)
PICKS = st.sampled_from(["any", "any", "all", "first", "first", "latest", "latest", "min", "max", "mean"])
ARRANGED = st.one_of(
    st.builds(
        lambda asked, more, count: (
            asked | more | ({"count": count} if count and asked["pick"] in ("any", "all") else {})
        ),
        st.fixed_dictionaries(
            {"op": st.just("measurement"), **CODED, "value": ranges("mm", "cm", "s", None), "pick": PICKS}
        ),
        SITED,
        st.none() | COUNTS,
    ),
    st.builds(
        lambda asked, more: asked | more,
        st.fixed_dictionaries({"op": st.sampled_from(["measurement", "evaluation"]), **CODED}),
        SITED,
    ),
)
"""Leaves that ask nothing but what the arranged tables hold."""
LAID = ("as they came", "arranged", "grown")
"""Ways in which the same rows lie in an index."""


@cache
def index_of(seed: int, laid: str = LAID[0]) -> tuple[Rows, MemoryIndex, Engine]:
    """Return made-up rows, an index of them, and an engine for it."""
    rows = made_up(seed)
    index = MemoryIndex.grown(rows) if laid == "grown" else MemoryIndex(rows)
    if laid == "arranged":
        index.arrange(1_000_000)
    return rows, index, Engine()
