"""Objects of ECGs of every format, and what the matrix of docs/conversion.md calls them.

Knows the converter as a library; asks nothing of the objects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import wfdb

from ecg_files import (
    EIGHT,
    MUSE_HEAD,
    PTB_LINES,
    SCP_MORE,
    SCP_TAGS,
    TWELVE,
    aecg_xml,
    muse_xml,
    samples,
    scp_file,
    write_record,
)
from orthanc_cohorts.convert.ecg.conversion import write
from orthanc_cohorts.convert.ecg.formats import read
from orthanc_cohorts.convert.ecg.selection import selected
from orthanc_cohorts.convert.ecg.table import TableFormat
from orthanc_cohorts.convert.header import Context, Patient, Series, Study, study_uid
from orthanc_cohorts.convert.outbox import Outbox

FILES = ("wfdb", "wfdb 100 Hz", "wfdb 2 kHz", "annotated", "csv", "aecg", "scp", "muse")
"""Kinds of files."""


def ecg_files(folder: Path) -> dict[str, Path]:
    """Write one file of each kind."""
    twelve = samples(12, 1000)
    found = {
        "wfdb": write_record(
            folder, "ptb", samples(15, 20_000), [*TWELVE, "vx", "vy", "vz"], 1000, comments=PTB_LINES
        ),
        "wfdb 100 Hz": write_record(folder, "slow", twelve, hz=100, comments=PTB_LINES),
        "wfdb 2 kHz": write_record(folder, "fast", twelve, hz=2000, comments=PTB_LINES),
        "annotated": write_record(folder, "noted", twelve, comments=PTB_LINES),
        "csv": folder / "table.csv",
        "aecg": folder / "aecg.xml",
        "scp": folder / "e.scp",
        "muse": folder / "muse.xml",
    }
    wfdb.wrann("noted", "atr", np.array([5, 600]), ["N", "+"], aux_note=["", "(N"], write_dir=str(folder))
    cells = [
        ["" if (at + n) % 97 == 0 else str(one) for n, one in enumerate(row)] for at, row in enumerate(twelve)
    ]
    found["csv"].write_text("\n".join(",".join(row) for row in [TWELVE, *cells]))
    named = dict(zip(EIGHT, samples(8, 1000).T, strict=True))
    found["aecg"].write_bytes(aecg_xml(named))
    found["scp"].write_bytes(
        scp_file({k: v.tolist() for k, v in named.items()}, tags=SCP_TAGS, more=SCP_MORE)
    )
    found["muse"].write_bytes(muse_xml(named, {k: v[:300] for k, v in named.items()}, head=MUSE_HEAD))
    return found


def objects(folder: Path, kind: str) -> list[Path]:
    """Return the objects of a kind of file: the waveform first, then the report where there is one."""
    path = ecg_files(folder)[kind]
    recording = read(path, table=TableFormat(500, "uV"))
    recording = replace(recording, moment=recording.moment or date(2021, 3, 4))
    patient = Patient("P-1", "Somewhere", "Doe^Jane", "F")
    context = Context(patient, Study(study_uid(patient, kind), recording.moment), Series("", "ECG"))
    with Outbox(folder / "out") as outbox:
        write(selected(recording, path.name), context, outbox, path.name)
    return sorted((folder / "out").rglob("*.dcm"))


def _some(names: tuple[str, ...], file: str, folder: Path) -> list[Path]:
    found = []
    for name in names:
        inside = folder / name
        inside.mkdir()
        found += [path for path in objects(inside, name) if path.name == file]
    return found


KINDS: dict[str, Callable[[Path], list[Path]]] = {
    "ecg: 12-lead ECG": partial(_some, ("annotated", "csv", "aecg", "scp", "muse"), "ecg.dcm"),
    "ecg: General ECG": partial(_some, ("wfdb",), "ecg.dcm"),
    "ecg: Ambulatory ECG": partial(_some, ("wfdb 100 Hz",), "ecg.dcm"),
    "ecg: General 32-bit ECG": partial(_some, ("wfdb 2 kHz",), "ecg.dcm"),
    "ecg: report": partial(_some, ("wfdb", "wfdb 100 Hz", "annotated", "scp", "muse"), "report.dcm"),
    "ecg: report of a General 32-bit ECG": partial(_some, ("wfdb 2 kHz",), "report.dcm"),
}
"""Kinds of objects, as the page calls them, and what writes some of each into a folder."""
