"""Which format a file is of, by what it begins with, and its reader.

Knows the readers; nothing of what they yield.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from orthanc_cohorts.convert.ecg import markup
from orthanc_cohorts.convert.ecg.aecg import read_aecg
from orthanc_cohorts.convert.ecg.muse import read_muse
from orthanc_cohorts.convert.ecg.physionet import read_record
from orthanc_cohorts.convert.ecg.recording import Recording
from orthanc_cohorts.convert.ecg.scp import read_scp
from orthanc_cohorts.convert.ecg.table import TableFormat, read_table
from orthanc_cohorts.convert.problem import Problem
from orthanc_cohorts.errors import ConversionError

Format = Literal["auto", "wfdb", "csv", "aecg", "scp", "muse"]
_ROOTS: dict[str, Format] = {"AnnotatedECG": "aecg", "RestingECG": "muse"}
_TABLES = (".csv", ".tsv", ".txt")


def read(
    path: Path,
    of: Format = "auto",
    annotators: tuple[str, ...] = ("atr",),
    table: TableFormat | None = None,
) -> Recording:
    """Return the ECG of a file.

    annotators: suffixes of the annotations of a WFDB record. table: how a table of samples is read.
    Raises ConversionError: the file is not there, is of no format that is known, or is damaged.
    """
    found = format_of(path) if of == "auto" else of
    match found:
        case "wfdb":
            return read_record(path, annotators)
        case "scp":
            return read_scp(path)
        case "aecg":
            return read_aecg(path)
        case "muse":
            return read_muse(path)
        case _:
            return read_table(path, table or TableFormat())


def format_of(path: Path) -> Format:
    """Return the format of a file. Raises ConversionError: it is not there, or none that is known."""
    record = path.with_name(f"{path.name}.hea")
    if path.suffix == ".hea" or record.is_file() or path.with_suffix(".hea").is_file():
        return "wfdb"
    if not path.is_file():
        raise ConversionError(Problem(path.name, f"there is no such file, and no {record.name}"))
    with path.open("rb") as file:
        begin = file.read(64)
    if begin[16:22] == b"SCPECG" or path.suffix.lower() == ".scp":
        return "scp"
    if begin.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<"):
        root = markup.parsed(path).tag
        if root not in _ROOTS:
            raise ConversionError(
                Problem(path.name, f"is XML of {root}, neither AnnotatedECG nor RestingECG")
            )
        return _ROOTS[root]
    if path.suffix.lower() in _TABLES:
        return "csv"
    raise ConversionError(Problem(path.name, "is of no format that is known; name it with --format"))
