"""`sql`: which format is meant, and where the answer goes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orthanc_cohorts.cli.sql import format_of, write
from orthanc_cohorts.errors import ConfigurationError


@pytest.mark.parametrize(
    ("named", "out", "meant"),
    [
        (None, None, "csv"),
        ("json", None, "json"),
        (None, "a.parquet", "parquet"),
        (None, "a.arrows", "arrow"),
        (None, "a.txt", "csv"),
        ("ndjson", "a.parquet", "ndjson"),
    ],
)
def test_the_format_is_the_one_named_else_that_of_the_file(
    named: str | None, out: str | None, meant: str
) -> None:
    assert format_of(named, None if out is None else Path(out)) == meant  # type: ignore[arg-type]


def test_bytes_that_are_no_text_do_not_go_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: True)

    with pytest.raises(ConfigurationError, match="--out"):
        format_of("parquet", None)


def test_an_answer_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    write(b"abc", tmp_path / "out")

    assert (tmp_path / "out").read_bytes() == b"abc" and (tmp_path / "out").stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write(b"abc", tmp_path / "nowhere" / "out")
