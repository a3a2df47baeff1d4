"""Every `.sql` file is one statement that says what it returns.

It knows text and DuckDB's parser; it runs nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import orthanc_cohorts_sql as sql
import pytest

FOLDER = Path(sql.__file__).parent
FILES = sorted(FOLDER.rglob("*.sql"))
BENCHMARKS = Path(__file__).parents[2] / "benchmarks" / "sql"
ALL_FILES = [*FILES, *sorted(BENCHMARKS.rglob("*.sql"))]
OF_DUCKDB = [path for path in ALL_FILES if not path.match("peers/index_*.sql")]
"""All but the indexes that only PostgreSQL has."""


@pytest.mark.parametrize("path", OF_DUCKDB, ids=lambda path: "/".join(path.parts[-3:]))
def test_a_file_holds_exactly_one_statement_that_duckdb_parses(path: Path) -> None:
    statements = duckdb.extract_statements(path.read_text(encoding="utf-8"))

    assert len(statements) == 1


@pytest.mark.parametrize("path", ALL_FILES, ids=lambda path: "/".join(path.parts[-3:]))
def test_a_file_begins_with_a_comment_and_holds_nothing_to_be_formatted_in(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    header = re.match(r"(-- .*\n)+", text)
    assert header and "." in header[0]
    assert not re.search(r"\{([^\W\d]\w*)?\}|%s", re.sub(r"--.*", "", text))


def test_load_finds_every_file_that_names_lists() -> None:
    folders = sorted({str(path.parent.relative_to(FOLDER)) for path in FILES})

    listed = [name for folder in folders for name in sql.names(folder)]

    assert sorted(listed) == sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FILES)
    assert all(sql.load(name) for name in listed)
