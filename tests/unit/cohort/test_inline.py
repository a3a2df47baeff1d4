"""Saved cohorts as clauses: they stand for what they ask, before anything is hashed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cohort_rows import MemoryIndex, Rows
from orthanc_cohorts.cohort import BadDefinition, Canonical, Engine, canonical, parse
from orthanc_cohorts.cohort.canonical import steps
from orthanc_cohorts.cohort.definition import MAX_DEPTH, MAX_NODES
from orthanc_cohorts.cohort.frozen import freeze, listed, still_there
from orthanc_cohorts.cohort.inline import asked, identifies, inline, written_out
from orthanc_cohorts.cohort.leaf import MAX_VALUES
from orthanc_cohorts.store.saved import Draft, Editor, SavedCohorts

CT = {"op": "series", "modality": "CT"}
WOMEN = {"op": "patient", "sex": "F"}
OLD = {"op": "patient", "age": {"ge": 60}, "as": "old"}


def definition(where: Any = None, unit: str = "patient") -> dict[str, Any]:
    return {"version": 1, "unit": unit} | ({} if where is None else {"where": where})


def named(name: str, **more: Any) -> dict[str, Any]:
    return {"op": "cohort", "name": name, **more}


def both(*args: Any, op: str = "and") -> dict[str, Any]:
    return {"op": op, "args": list(args)}


class Shelf:
    """Saved cohorts in a real file, filled as the routes fill it."""

    def __init__(self, folder: Path) -> None:
        self.saved = SavedCohorts.open(folder)

    def save(self, name: str, value: dict[str, Any], members: Any = None) -> None:
        asks = inline(parse(value), self.saved)
        where = None if members is None else definition(listed(members), value["unit"])
        draft = Draft(
            kind="query" if members is None else "list",
            unit=asks.unit,
            hash=canonical(asks if where is None else parse(where)).hash,
            note="",
            author="ann",
            count=0,
            generation=1,
            definition=written_out(value, asks),
            members=members,
        )
        newest = self.saved.get(name)
        if newest is None:
            self.saved.create(name, draft)
        else:
            self.saved.replace(name, newest.version, draft, Editor("ann", False))

    def asks(self, where: Any, unit: str = "patient") -> Canonical:
        return canonical(inline(parse(definition(where, unit)), self.saved))

    def refused(self, where: Any, unit: str = "patient") -> list[tuple[str, str]]:
        with pytest.raises(BadDefinition) as refused:
            self.asks(where, unit)
        return [(one.pointer, one.message) for one in refused.value.details]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.saved.close()


def plain(where: Any, unit: str = "patient") -> Canonical:
    return canonical(parse(definition(where, unit)))


def test_a_definition_with_a_saved_cohort_has_the_hash_of_the_one_written_out(shelf: Shelf) -> None:
    shelf.save("women", definition(both(WOMEN, CT)))

    for with_name, without in (
        (named("women"), both(WOMEN, CT)),
        (both(named("women"), OLD), both(both(WOMEN, CT), OLD)),
        (both(OLD, {"op": "not", "arg": named("women")}), both({"op": "not", "arg": both(CT, WOMEN)}, OLD)),
        (both(CT, both(OLD, named("women", version=1)), op="or"), both(CT, both(OLD, WOMEN, CT), op="or")),
    ):
        assert shelf.asks(with_name).content == plain(without).content


def test_the_newest_version_is_meant_unless_one_is_named(shelf: Shelf) -> None:
    shelf.save("group", definition(WOMEN))
    shelf.save("group", definition(CT))

    assert shelf.asks(named("group")) == plain(CT)
    assert shelf.asks(named("group", version=1)) == plain(WOMEN)


def test_a_saved_cohort_needs_no_other_one_and_outlives_it(shelf: Shelf) -> None:
    shelf.save("women", definition(WOMEN))
    shelf.save("both", definition(both(named("women"), {**OLD, "as": "mine"})))
    shelf.saved.delete("women", 1, Editor("ann", False))

    kept = shelf.saved.get("both")

    assert kept is not None
    assert kept.definition == definition(both(WOMEN, {**OLD, "as": "mine"}))
    assert asked(kept) == plain(both(WOMEN, {**OLD, "as": "mine"}))
    assert shelf.asks(named("both")) == plain(both(WOMEN, {**OLD, "as": None}))


def test_names_given_inside_a_saved_cohort_stay_inside(shelf: Shelf) -> None:
    shelf.save("old", definition(both(OLD, CT)))

    twice = shelf.asks(both(named("old"), {"op": "not", "arg": named("old")}, {**CT, "as": "old"}))

    assert twice.content.count(b'"as"') == 1
    assert shelf.asks(named("old")) == plain(both({"op": "patient", "age": {"ge": 60}}, CT))


def test_a_saved_cohort_of_everything_is_everything(shelf: Shelf) -> None:
    shelf.save("all", definition())
    rows = Rows()
    rows.study(0, 0)
    rows.study(1, 1, patient_sex="F")

    with MemoryIndex(rows).read() as snapshot:
        counts = [
            Engine().answer(snapshot, shelf.asks(where)).count
            for where in (named("all"), both(named("all"), WOMEN), {"op": "not", "arg": named("all")})
        ]

    assert counts == [2, 1, 0]


def test_unknown_names_versions_and_units_are_refused_where_they_stand(shelf: Shelf) -> None:
    shelf.save("women", definition(WOMEN))
    shelf.save("studies", definition(CT, "study"))

    found = shelf.refused(both(named("men"), named("women", version=2), named("studies")))

    assert [pointer for pointer, _ in found] == [
        "/where/args/0/name",
        "/where/args/1/version",
        "/where/args/2/name",
    ]
    assert "'men'" in found[0][1] and "newest is 1" in found[1][1] and "units of study" in found[2][1]


def test_a_clause_is_one_step_of_the_attrition_at_its_own_place(shelf: Shelf) -> None:
    shelf.save("women", definition(both(WOMEN, CT)))

    alone = steps(inline(parse(definition(named("women"))), shelf.saved))
    among = steps(inline(parse(definition(both(OLD, named("women")))), shelf.saved))

    assert [pointer for pointer, _ in alone] == ["/where"]
    assert [pointer for pointer, _ in among] == ["/where/args/0", "/where/args/1"]
    assert alone[0][1] == among[1][1] == plain(both(WOMEN, CT)).where


def test_the_cap_on_clauses_holds_after_inlining_and_names_the_cohort_that_broke_it(shelf: Shelf) -> None:
    shelf.save("many", definition(both(*[CT] * (MAX_NODES - 3), op="or")))

    assert shelf.asks(both(OLD, named("many")))
    [(pointer, message)] = shelf.refused(both(OLD, WOMEN, named("many")))

    assert pointer == "/where/args/2"
    assert "'many' (version 1)" in message and f"more than {MAX_NODES}" in message


def test_the_cap_on_depth_holds_after_inlining_and_names_the_cohort_that_broke_it(shelf: Shelf) -> None:
    deep: Any = CT
    for _ in range(MAX_DEPTH - 3):
        deep = {"op": "not", "arg": deep}
    shelf.save("deep", definition(deep))

    fits = {"op": "not", "arg": both(OLD, named("deep"))}
    shelf.save("deepest", definition(fits))
    kept = shelf.saved.get("deepest")
    [(pointer, message)] = shelf.refused({"op": "not", "arg": both(OLD, both(named("deep")))})

    assert kept is not None and asked(kept) == shelf.asks(fits)
    assert pointer == "/where/arg/args/1/args/0"
    assert "'deep' (version 1)" in message and f"deeper than {MAX_DEPTH}" in message


def test_a_cohort_saved_under_another_vocabulary_is_refused_by_name(shelf: Shelf) -> None:
    shelf.saved.create(
        "drifted",
        Draft(
            kind="query", unit="patient", hash="0" * 64, note="", author=None, count=0, generation=1,
            definition=definition({"op": "segment", "region": "CID|4031"}),
        ),
    )  # fmt: skip
    shelf.saved.create(
        "edition",
        Draft(
            kind="query", unit="patient", hash="0" * 64, note="", author=None, count=0, generation=1,
            definition=definition({"op": "segment", "region": "CID|4031@0000000000000000"}),
        ),
    )  # fmt: skip

    found = shelf.refused(both(named("drifted"), named("edition")))

    assert [pointer for pointer, _ in found] == ["/where/args/0", "/where/args/1"]
    assert "'drifted'" in found[0][1] and "save it again" in found[0][1]
    assert "'edition'" in found[1][1] and "other codes" in found[1][1]


def archive() -> Rows:
    """Three patients; the first has two studies."""
    rows = Rows()
    for study, patient in ((0, 0), (1, 0), (2, 1), (3, 2)):
        rows.study(study, patient, patient_sex="F" if patient < 2 else "M")
    return rows


@pytest.mark.parametrize(
    ("unit", "members"),
    [("study", [["1.2.0"], ["1.2.1"], ["1.2.2"]]), ("patient", [["1.2.0", "1.2.1"], ["1.2.2"]])],
)
def test_a_frozen_list_is_its_members_whatever_the_query_finds_later(
    shelf: Shelf, unit: str, members: list[list[str]]
) -> None:
    index = MemoryIndex(archive())
    with index.read() as snapshot:
        frozen = freeze(snapshot, Engine().answer(snapshot, plain(WOMEN, unit)))
    shelf.save("women", definition(WOMEN, unit), frozen)
    index.run("UPDATE study SET patient_sex = 'M'")

    with index.read() as snapshot:
        answer = Engine().answer(snapshot, shelf.asks(named("women"), unit))
        there = still_there(snapshot, frozen)

    assert frozen == members
    assert answer.count == there == len(members)
    uids = sorted(uid for member in members for uid in member)
    assert shelf.asks(named("women"), unit) == plain({"op": "study", "study_instance_uid": uids}, unit)


def test_a_frozen_patient_is_found_by_the_studies_that_are_left_and_follows_them(shelf: Shelf) -> None:
    index = MemoryIndex(archive())
    with index.read() as snapshot:
        frozen = freeze(snapshot, Engine().answer(snapshot, plain(WOMEN)))
    shelf.save("women", definition(WOMEN), frozen)
    index.run("DELETE FROM study WHERE study_instance_uid = '1.2.0'")
    index.run("UPDATE study SET patient_key = 2 WHERE study_instance_uid = '1.2.1'")
    index.run("DELETE FROM study WHERE study_instance_uid = '1.2.2'")

    with index.read() as snapshot:
        answer = Engine().answer(snapshot, shelf.asks(named("women")))
        there = still_there(snapshot, frozen)

    assert answer.keys.tolist() == [2]
    assert there == 1


def test_an_empty_list_is_nobody(shelf: Shelf) -> None:
    shelf.save("nobody", definition(WOMEN), [])

    with MemoryIndex(archive()).read() as snapshot:
        assert Engine().answer(snapshot, shelf.asks(named("nobody"))).count == 0
        assert Engine().answer(snapshot, shelf.asks({"op": "not", "arg": named("nobody")})).count == 3


@pytest.mark.parametrize("unit", ["study", "patient"])
def test_a_list_of_several_clauses_is_answered_as_one(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, unit: str
) -> None:
    with MemoryIndex(archive()).read() as snapshot:
        frozen = freeze(snapshot, Engine().answer(snapshot, plain(WOMEN, unit)))
        monkeypatch.setattr("orthanc_cohorts.cohort.frozen.MAX_VALUES", 1)
        shelf.save("women", definition(WOMEN, unit), frozen)
        either = both(named("women"), {"op": "patient", "sex": "M"}, op="or")
        found = [
            Engine().answer(snapshot, shelf.asks(where, unit)).keys.tolist()
            for where in (named("women"), {"op": "not", "arg": named("women")}, either)
        ]

    women, others = ([0, 1, 2], [3]) if unit == "study" else ([0, 1], [2])
    assert shelf.asks(named("women"), unit).content.count(b"study_instance_uid") == 3
    assert found == [women, others, women + others]


def test_a_long_list_takes_several_clauses_and_too_long_a_one_is_refused(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    uids = sorted(f"1.2.{number}" for number in range(2 * MAX_VALUES + 1))

    clause = listed([[uid] for uid in uids])

    assert [len(arg["study_instance_uid"]) for arg in clause["args"]] == [MAX_VALUES, MAX_VALUES, 1]
    assert [uid for arg in clause["args"] for uid in arg["study_instance_uid"]] == uids
    monkeypatch.setattr("orthanc_cohorts.cohort.frozen.MAX_STUDIES", 3)
    refused = pytest.raises(BadDefinition, match="at most 3 studies, these are 4")
    with MemoryIndex(archive()).read() as snapshot, refused:
        freeze(snapshot, Engine().answer(snapshot, plain(None)))


def test_a_study_without_uid_cannot_be_frozen() -> None:
    rows = archive()
    rows.study(9, 3, study_instance_uid=None)

    with MemoryIndex(rows).read() as snapshot, pytest.raises(BadDefinition, match="without StudyInstanceUID"):
        freeze(snapshot, Engine().answer(snapshot, plain(None)))


@pytest.mark.parametrize(
    ("where", "told"),
    [
        (None, False),
        (both(WOMEN, {"op": "text", "contains": "aneurysm"}), False),
        ({"op": "study", "study_instance_uid": "1.2"}, True),
        (both(CT, {"op": "not", "arg": {"op": "study", "accession_number": "A1"}}), True),
        ({"op": "same", "scope": "series", "args": [{"op": "segment", "tracking_uid": "1.2"}]}, True),
    ],
)
def test_a_definition_that_names_single_studies_is_known_as_such(where: Any, told: bool) -> None:
    assert identifies(parse(definition(where))) is told
