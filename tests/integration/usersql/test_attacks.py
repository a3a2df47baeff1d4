"""Statements that mean harm: each is refused, changes nothing and tells nothing, whichever wall it meets.

They go through the real process where the parser lets them pass, and those that aim at a file of the lake.
"""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from threading import Timer

import duckdb
import pytest

import sql_attacks
from orthanc_cohorts.errors import QueryRefused
from orthanc_cohorts.usersql import process
from orthanc_cohorts.usersql.statements import one_select
from sql_site import SECRET, Site

WITHOUT_WALLS = Path(__file__).with_name("without_walls.py")


@pytest.fixture(autouse=True)
def secret_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password where the sidecar has its own."""
    monkeypatch.setenv("ORTHANC_COHORTS_PASSWORD", SECRET)


def written_out(attack: str, site: Site) -> str:
    """Return an attack with the places of a site in it."""
    [file] = [one for one in (site.snapshot / "measurement").iterdir() if not one.is_symlink()]
    places = {
        "private": site.private,
        "root": site.root,
        "snapshot": site.snapshot,
        "old": site.lake.snapshots / "1",
        "file": file.relative_to(site.snapshot),
        "absolute": file,
        "parent": os.getpid(),
    }
    for name, place in places.items():
        attack = attack.replace(f"{{{name}}}", str(place))
    return attack


@pytest.mark.parametrize("attack", sql_attacks.ALL)
def test_an_attack_is_refused_in_words_that_tell_nothing(site: Site, attack: str) -> None:
    text = written_out(attack, site)
    try:
        with duckdb.connect() as connection:
            one_select(connection, text)
    except Exception as error:
        refusal = str(error)
    else:
        refusal = ""
    if not refusal or "{file}" in attack:
        with pytest.raises(QueryRefused) as refused:
            site.ask(text)
        refusal = str(refused.value)

    assert refusal and SECRET not in refusal


@pytest.mark.parametrize(
    ("restricted", "attacks"),
    [(True, sql_attacks.ALL), (False, (*sql_attacks.READING[::2], *sql_attacks.WRITING))],
    ids=["DuckDB restricted", "the kernel alone"],
)
def test_without_a_look_at_the_statements_nothing_can_be_read_or_written_either(
    site: Site, monkeypatch: pytest.MonkeyPatch, restricted: bool, attacks: tuple[str, ...]
) -> None:
    texts = [written_out(one, site) for one in attacks]
    before = site.state()
    monkeypatch.setattr(process, "_COMMAND", ("-I", str(WITHOUT_WALLS)))
    question = dataclasses.replace(site.question(json.dumps(texts)), facts={"restricted": restricted})

    with site.processes.started(question) as started:
        outcomes = json.loads(started.answer().body)

    assert site.state() == before
    assert [text for text, told in zip(texts, outcomes, strict=True) if SECRET in told] == []
    # They did run into a wall, and into no other error.
    assert sum("Permission" in told for told in outcomes) > 15


def test_a_file_may_be_read_that_could_be_written_without_the_kernel(site: Site, tmp_path: Path) -> None:
    """What the settings of DuckDB alone do not hold back: the reason for the wall behind them."""
    copy = tmp_path / "lake.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS i) TO '{copy}'")
        before = copy.read_bytes()
        connection.execute(f"SET allowed_paths = ['{copy}']")
        connection.execute("SET enable_external_access = false")
        connection.execute("BEGIN TRANSACTION READ ONLY")
        try:
            [statement] = connection.extract_statements(
                f"WITH x AS (COPY (SELECT 42) TO '{copy}' (FORMAT csv, USE_TMP_FILE false)) FROM x"
            )
        except duckdb.ParserException:
            pytest.skip("this DuckDB has no COPY in WITH")
        assert statement.type == duckdb.StatementType.SELECT
        connection.execute(statement).fetchall()

    assert copy.read_bytes() != before


@pytest.mark.parametrize("attack", sql_attacks.MEMORY)
def test_a_statement_that_wants_all_memory_ends_alone(site: Site, attack: str) -> None:
    with pytest.raises(QueryRefused, match=r"SqlMemoryMegabytes|maximum supported"):
        site.ask(attack)


@pytest.mark.parametrize("attack", sql_attacks.TIME)
def test_a_statement_that_never_ends_is_ended(site: Site, attack: str) -> None:
    with site.processes.started(site.question(attack)) as started:
        timer = Timer(1.5, started.interrupt)
        timer.start()
        with pytest.raises(duckdb.InterruptException):
            started.answer()
        timer.cancel()

    assert not Path(f"/proc/{started.pid}").exists()


@pytest.mark.parametrize(("attack", "words"), sql_attacks.LARGE)
def test_an_answer_that_is_too_large_is_refused_whole(site: Site, attack: str, words: str) -> None:
    with pytest.raises(QueryRefused, match=words):
        site.ask(attack.replace("{long}", "n" * 20_000))
