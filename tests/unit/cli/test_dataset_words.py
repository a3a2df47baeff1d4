"""What the commands say of frozen datasets."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from dataset_rows import frozen
from orthanc_cohorts.cli import dataset_words as words
from orthanc_cohorts.cli.main import app

VERSION = {
    "name": "hearts", "version": 2, "rows": 12, "instances": 24, "size_bytes": 24012, "hash": "ab",
    "content_hash": "cd", "generation": 7, "parts": {"test": 4, "train": 8}, "state": "frozen",
    "created": "2026-11-24T10:00:00Z", "successor": None, "warnings": [],
}  # fmt: skip


def folder(path: Path) -> Path:
    path.mkdir()
    for name, content in frozen().files.items():
        (path / name).write_bytes(content)
    return path


def test_a_version_is_named_counted_and_hashed() -> None:
    assert words.lines(VERSION) == [
        "hearts version 2", "12 rows: test 4, train 8", "24 instances to fetch, 24.0 kB",
        "definition ab", "content    cd", "generation 7",
    ]  # fmt: skip


def test_an_erased_version_names_the_one_that_follows() -> None:
    told = words.table([VERSION, {**VERSION, "state": "erased", "successor": 3}])

    assert "erased" not in told[0] and told[1].endswith("erased; version 3 follows")
    assert words.erased([{"name": "hearts", "erased": [1, 2], "successor": 3}]) == [
        "hearts: version 1, 2 erased; version 3 follows"
    ]
    assert words.erased([]) == ["no dataset held this patient"]


def test_sizes_are_decimal() -> None:
    assert [words.size(n) for n in (0, 999, 1000, 1_500_000, 2e18)] == [
        "0 B", "999 B", "1.0 kB", "1.5 MB", "2000.0 PB",
    ]  # fmt: skip


def test_verify_finds_one_flipped_byte_and_needs_no_server(tmp_path: Path) -> None:
    where = folder(tmp_path / "hearts")
    assert CliRunner().invoke(app, ["dataset", "verify", str(where)]).exit_code == 0

    table = where / "table.parquet"
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)
    answer = CliRunner().invoke(app, ["dataset", "verify", str(where)])

    assert answer.exit_code == 1 and "table.parquet: changed since it was frozen" in answer.output


def test_a_patient_is_not_erased_unless_somebody_says_so() -> None:
    answer = CliRunner().invoke(app, ["dataset", "erase", "P1", "--socket", "/nowhere.sock"])

    assert answer.exit_code == 2 and "--yes" in answer.output
