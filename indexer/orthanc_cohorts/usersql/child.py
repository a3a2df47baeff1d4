"""The process that runs one statement of a user: `python -I -m orthanc_cohorts.usersql.child`.

A question comes through standard input, the answer goes to standard output: lines as `question` says, then
the rows in the format asked for. Knows neither the sidecar nor the index.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orthanc_cohorts.errors import QueryRefused
from orthanc_cohorts.formats import FormatName
from orthanc_cohorts.usersql.asking import Answer, answer, opened
from orthanc_cohorts.usersql.confinement import confine, end_with, start_nothing_more
from orthanc_cohorts.usersql.question import BEGUN, REFUSED, UNCONFINED, Bounds, Question
from orthanc_cohorts.usersql.statements import one_select
from orthanc_cohorts.writing import written

_MESSAGE_CHARACTERS = 2_000
_OUT_OF_MEMORY = "Out of Memory"
_REHEARSED = (
    "SELECT now() AS t, TIME '10:00' AS c, uuid() AS u, INTERVAL 1 DAY AS i, 1.5::DECIMAL(4, 1) AS d, "
    "1::HUGEINT AS h, 1e30::HUGEINT AS g, [{'a': DATE '2000-01-01'}] AS l, 'a'::ENUM ('a') AS e, "
    "MAP {'a': 1} AS m, '1'::BLOB AS b"
)
"""With a value of each kind that takes another way through the libraries."""
_REHEARSAL = Bounds(seconds=1, memory_bytes=2**28, threads=1, rows=10, answer_bytes=2**20)


def main() -> None:
    """Answer one question, and end."""
    question = Question.read(sys.stdin.buffer.read())
    end_with(question.parent)
    _rehearse(question.format)
    # A failure from here on repeats what was asked: it goes to whoever asked, and to no log.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    try:
        os.chdir(question.folder)
        confine(Path(question.folder), question.bounds)
    except (OSError, RuntimeError) as error:
        _say({UNCONFINED: str(error)})
        return
    _say_begun()
    _answer(question)


def _rehearse(format: FormatName) -> None:
    """Answer something once, so that all modules are loaded: soon they can no longer be read."""
    connection = opened({}, _REHEARSAL)
    try:
        found = answer(connection, one_select(connection, _REHEARSED), _REHEARSAL)
        for table in (found.table, found.table.drop_columns(["i"])):
            with contextlib.suppress(TypeError, pa.ArrowException):
                b"".join(written(format, table, {}))
        one_select(connection, "nothing")
    except duckdb.Error as error:
        str(error)
    finally:
        connection.close()
        # DuckDB 1 opens another one when it is imported; its threads would keep their rights.
        duckdb.close()


def _answer(question: Question) -> None:
    try:
        connection = opened(question.tables, question.bounds)
        start_nothing_more()
        found = answer(connection, one_select(connection, question.sql), question.bounds)
        facts = {**question.facts, "count": found.table.num_rows}
        body = _written(question, found, facts)
    except QueryRefused as error:
        _say({REFUSED: str(error)})
    except MemoryError:
        _say({REFUSED: question.bounds.too_much_memory})
    except Exception as error:
        _say({REFUSED: _told(error, question.bounds)})
    else:
        _say(facts)
        for piece in body:
            sys.stdout.buffer.write(piece)


def _written(question: Question, found: Answer, facts: Mapping[str, Any]) -> list[bytes]:
    """Return the rows in the format asked for. Raises QueryRefused: too large, or a value it cannot hold."""
    beside = {**facts, "columns": found.columns} if question.format == "json" else facts
    pieces, size = [], 0
    try:
        for piece in written(question.format, found.table, beside):
            size += len(piece)
            if size > question.bounds.answer_bytes:
                raise QueryRefused(question.bounds.too_large)
            pieces.append(piece)
    except (TypeError, ValueError, OverflowError, NotImplementedError) as error:
        raise QueryRefused(
            f"the answer holds a value that {question.format} cannot state ({type(error).__name__}): cast it "
            "to VARCHAR, or ask for another format"
        ) from error
    return pieces


def _told(error: Exception, bounds: Bounds) -> str:
    """Return what to say of an error: DuckDB's own words, which speak of the statement."""
    words = str(error)
    out_of_memory = isinstance(error, duckdb.OutOfMemoryException | pa.ArrowMemoryError)
    if out_of_memory or words.startswith(_OUT_OF_MEMORY):
        return bounds.too_much_memory
    if isinstance(error, duckdb.InternalException | duckdb.FatalException):
        return f"DuckDB {duckdb.__version__} fails on this statement; put it another way"
    return words.strip()[:_MESSAGE_CHARACTERS]


def _say_begun() -> None:
    sys.stdout.buffer.write(BEGUN)
    sys.stdout.buffer.flush()


def _say(line: Mapping[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")


if __name__ == "__main__":
    main()
    sys.stdout.buffer.flush()
    # Without the ends of libraries, whose threads may abort a process that goes on a moment longer.
    os._exit(0)
