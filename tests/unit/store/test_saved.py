"""Saved cohorts: versions that stay, edits that meet, and a private file of their own."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orthanc_cohorts.errors import (
    CohortChanged,
    CohortExists,
    CohortForeign,
    CohortsError,
    CohortUnknown,
    ConfigurationError,
    IndexBusy,
    SchemaTooNew,
)
from orthanc_cohorts.store.saved import NAME, Draft, Editor, SavedCohorts

ANN, BEN, ROOT = Editor("ann", False), Editor("ben", False), Editor("root", True)


def draft(author: str | None = "ann", **other: Any) -> Draft:
    facts: dict[str, Any] = {
        "kind": "query",
        "unit": "patient",
        "hash": "ab" * 32,
        "note": "pilot",
        "author": author,
        "count": 12,
        "generation": 7,
        "definition": {"version": 1, "unit": "patient"},
    }
    return Draft(**facts | other)


@pytest.fixture
def saved(tmp_path: Path) -> Iterator[SavedCohorts]:
    saved = SavedCohorts.open(tmp_path)
    yield saved
    saved.close()


def test_what_was_saved_is_there_after_the_file_was_closed_and_opened(tmp_path: Path) -> None:
    saved = SavedCohorts.open(tmp_path)
    first = saved.create("pilot", draft())
    second = saved.replace("pilot", 1, draft(kind="list", unit="study", members=[["1.2"], ["1.3"]]), ANN)
    saved.close()

    again = SavedCohorts.open(tmp_path)

    assert (again.get("pilot", 1), again.get("pilot", 2), again.get("pilot")) == (first, second, second)
    assert (first.version, second.version, first.owner) == (1, 2, "ann")
    assert [one.version for one in again.versions("pilot")] == [2, 1]
    assert [(one.name, one.version, one.created) for one in again.newest()] == [("pilot", 2, second.created)]
    assert first.created.utcoffset() is not None
    again.close()


def test_unknown_names_and_versions_are_none_and_change_raises(saved: SavedCohorts) -> None:
    saved.create("pilot", draft())

    assert saved.get("other") is None and saved.get("pilot", 2) is None and saved.get("Pilot") is None
    assert saved.versions("other") == []
    with pytest.raises(CohortUnknown):
        saved.replace("other", 1, draft(), ROOT)
    with pytest.raises(CohortUnknown):
        saved.delete("other", 1, ROOT)
    with pytest.raises(CohortExists):
        saved.create("pilot", draft(author="ben"))


def test_only_the_owner_and_admins_change_a_cohort_and_the_owner_stays(saved: SavedCohorts) -> None:
    saved.create("pilot", draft())
    saved.create("nobodys", draft(author=None))

    for name, editor in (("pilot", BEN), ("pilot", Editor(None, False)), ("nobodys", Editor(None, False))):
        with pytest.raises(CohortForeign):
            saved.replace(name, 1, draft(author=editor.name), editor)
        with pytest.raises(CohortForeign):
            saved.delete(name, 1, editor)
    by_root = saved.replace("pilot", 1, draft(author="root"), ROOT)

    assert (by_root.owner, by_root.author, by_root.version) == ("ann", "root", 2)
    assert saved.replace("pilot", 2, draft(), ANN).version == 3


def test_a_change_meant_for_another_version_is_refused_and_changes_nothing(saved: SavedCohorts) -> None:
    saved.create("pilot", draft())
    second = saved.replace("pilot", 1, draft(), ANN)

    for version in (1, 3):
        with pytest.raises(CohortChanged, match="version 2 is the newest"):
            saved.replace("pilot", version, draft(note="late"), ANN)
        with pytest.raises(CohortChanged):
            saved.delete("pilot", version, ANN)

    assert saved.get("pilot") == second


def test_a_deleted_name_may_be_taken_again_and_its_numbers_go_on(saved: SavedCohorts) -> None:
    saved.create("pilot", draft())
    saved.delete("pilot", 1, ANN)

    assert saved.get("pilot") is None and saved.get("pilot", 1) is None
    assert saved.newest() == [] and saved.versions("pilot") == []
    again = saved.create("pilot", draft(author="ben"))

    assert (again.version, again.owner) == (2, "ben")
    assert saved.get("pilot", 1) is None
    with pytest.raises(CohortForeign):
        saved.delete("pilot", 2, ANN)


def test_what_was_deleted_is_gone_from_the_disk(tmp_path: Path, saved: SavedCohorts) -> None:
    uid = "1.2.840.99999.1234567890"
    saved.create("pilot", draft(kind="list", members=[[uid]]))
    assert any(uid.encode() in file.read_bytes() for file in tmp_path.iterdir())

    saved.delete("pilot", 1, ANN)

    assert [file.name for file in tmp_path.iterdir() if uid.encode() in file.read_bytes()] == []


def test_of_many_editors_at_once_exactly_one_wins(saved: SavedCohorts) -> None:
    def attempt(work: Any) -> str:
        try:
            work()
        except CohortsError as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(8) as threads:
        created = list(threads.map(lambda _: attempt(lambda: saved.create("pilot", draft())), range(16)))
        replaced = list(
            threads.map(
                lambda number: attempt(lambda: saved.replace("pilot", 1, draft(note=str(number)), ANN)),
                range(16),
            )
        )

    assert sorted(created) == ["CohortExists"] * 15 + ["done"]
    assert sorted(replaced) == ["CohortChanged"] * 15 + ["done"]
    newest = saved.get("pilot")
    assert newest is not None and newest.version == 2 and newest.note == str(replaced.index("done"))


def test_the_files_are_private_whatever_the_mask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        saved = SavedCohorts.open(tmp_path)
        saved.create("pilot", draft())
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        saved.close()
    finally:
        os.umask(before)

    assert modes[NAME] == 0o600 and f"{NAME}-wal" in modes
    assert set(modes.values()) == {0o600}


def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    SavedCohorts.open(tmp_path).close()
    with sqlite3.connect(tmp_path / NAME) as connection:
        connection.execute("PRAGMA user_version = 9")
    connection.close()

    with pytest.raises(SchemaTooNew, match="schema 9"):
        SavedCohorts.open(tmp_path)

    connection = sqlite3.connect(tmp_path / NAME)
    assert connection.execute("PRAGMA user_version").fetchone() == (9,)
    connection.close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"not a database" * 1000)

    with pytest.raises(ConfigurationError, match=NAME):
        SavedCohorts.open(tmp_path)

    assert (tmp_path / NAME).read_bytes() == b"not a database" * 1000


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ConfigurationError):
        SavedCohorts.open(tmp_path)


def test_once_closed_it_says_so(saved: SavedCohorts) -> None:
    saved.close()

    with pytest.raises(IndexBusy, match="closing"):
        saved.get("pilot")
    with pytest.raises(IndexBusy, match="closing"):
        saved.create("pilot", draft())


def test_a_write_that_fails_leaves_the_version_before(tmp_path: Path, saved: SavedCohorts) -> None:
    first = saved.create("pilot", draft())
    bad = replace(draft(), definition={"a": object()})

    with pytest.raises(TypeError):
        saved.replace("pilot", 1, bad, ANN)

    assert saved.get("pilot") == first
    assert saved.replace("pilot", 1, draft(), ANN).version == 2
