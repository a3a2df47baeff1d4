"""A process for statements with some of its walls away: what the others hold back by themselves.

Takes a question whose `sql` is a JSON list of texts; runs every statement in them, without a look at it, and
answers what came of each text. facts: `restricted`, whether DuckDB is set up as it should be.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

import duckdb

from orthanc_cohorts.usersql import child
from orthanc_cohorts.usersql.asking import opened
from orthanc_cohorts.usersql.confinement import confine, end_with
from orthanc_cohorts.usersql.question import BEGUN, Question


def outcome(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    """Return what a text does: rows, and the error that ended it."""
    told = ""
    try:
        for statement in connection.extract_statements(text):
            told += str(connection.execute(statement).fetchmany(1_000))
    except Exception as error:
        told += f"{type(error).__name__}: {error}"
    return told


def made(question: Question) -> duckdb.DuckDBPyConnection:
    """Return a database as it should be, or as anybody opens one, with one table of the lake."""
    if question.facts["restricted"]:
        return opened(question.tables, question.bounds)
    connection = duckdb.connect(":memory:", config={"memory_limit": "128MB", "threads": 2})
    connection.execute(f"CREATE VIEW measurement AS FROM read_parquet({question.tables['measurement']})")
    return connection


def is_as_before(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a database can be asked as if nothing had happened."""
    with contextlib.suppress(duckdb.Error):
        connection.execute("ROLLBACK")
    try:
        connection.execute("BEGIN TRANSACTION READ ONLY")
    except duckdb.Error:
        return False
    return True


def run() -> None:
    """Answer one question."""
    question = Question.read(sys.stdin.buffer.read())
    end_with(question.parent)
    child._rehearse("json")
    os.chdir(question.folder)
    confine(Path(question.folder), question.bounds)
    outcomes = []
    connection = made(question)
    for text in json.loads(question.sql):
        outcomes.append(outcome(connection, text))
        if not (question.facts["restricted"] and is_as_before(connection)):
            connection.close()
            connection = made(question)
    sys.stdout.buffer.write(BEGUN + b"{}\n" + json.dumps(outcomes).encode())
    sys.stdout.buffer.flush()
    os._exit(0)


if __name__ == "__main__":
    run()
