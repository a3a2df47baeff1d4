"""Tables of samples as text (CSV): a column a lead, a row a sample, perhaps a column of time.

What is written is kept: the step of the numbers is the largest that all of them are multiples of.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orthanc_cohorts.convert.ecg.leads import lead_code
from orthanc_cohorts.convert.ecg.recording import Lead, Recording, Strip
from orthanc_cohorts.convert.ecg.voltage import microvolt
from orthanc_cohorts.convert.problem import Problem, raise_any, shown
from orthanc_cohorts.errors import ConversionError

_FINEST = 1e-6
"""Microvolt; what is beyond is the noise of binary fractions: 0.30000000000000004."""
_DELIMITERS = ("\t", ";", ",")
_LABEL = re.compile(r"(.*?)\s*[\[(]\s*([A-Za-zµμ]+)\s*[\])]")
_TIMES = {
    "time": 1.0,
    "t": 1.0,
    "seconds": 1.0,
    "sec": 1.0,
    "s": 1.0,
    "ms": 1e-3,
    "time_ms": 1e-3,
    "time_s": 1.0,
}
_TIME_UNITS = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "us": 1e-6}
_COUNTERS = frozenset({"", "index", "sample", "samples", "n", "unnamed: 0"})
_MISSING = frozenset({"", "nan", "na", "null", "none"})


@dataclass(frozen=True, slots=True)
class TableFormat:
    """How a table is read.

    sampling_hz: None: by the column of time. unit: of the numbers, None: as the header row says. delimiter:
    None: the one that the header row has. time: name of the column of time, None: `time`, `t`, `ms` and the
    like. step: microvolt to which numbers are rounded, None: as fine as they are written.
    """

    sampling_hz: float | None = None
    unit: str | None = None
    delimiter: str | None = None
    time: str | None = None
    step: float | None = None


@dataclass(slots=True)
class _Column:
    """A column: its place, its label without unit, its unit, and its numbers, NaN where one is missing."""

    place: int
    label: str
    unit: str | None
    values: NDArray[np.float64]


def read_table(path: Path, how: TableFormat) -> Recording:
    """Return the ECG of a table.

    Raises ConversionError: with every cell that is no number, every unit and rate that is not known.
    """
    rows, first = _rows(path, how)
    header, body = rows[0], rows[1:]
    problems = [
        Problem(path.name, f"has {len(row)} cells, and the header row {len(header)}", first + 1 + at)
        for at, row in enumerate(body)
        if len(row) != len(header)
    ]
    if not body:
        problems.append(Problem(path.name, "has no samples"))
    raise_any(problems)
    has_comma = (how.delimiter or _delimiter(path, header)) != ","
    columns = [
        _column(path.name, first, header, body, place, has_comma, problems) for place in range(len(header))
    ]
    time = _time_of(columns, how, path.name, problems)
    chosen = [one for one in columns if one is not time and not _is_counter(one)]
    hz = _rate(time, how, first, path.name, problems)
    leads = _leads(chosen, how, hz, path.name, problems)
    raise_any(problems)
    return Recording(path.stem, (Strip("RHYTHM", tuple(leads)),))


def _rows(path: Path, how: TableFormat) -> tuple[list[list[str]], int]:
    """Return header and body, and which line the header is; lines that begin with # are before it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConversionError(Problem(path.name, f"is no text in UTF-8: {error.reason}")) from error
    lines = text.splitlines()
    begin = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
    if begin is None:
        raise ConversionError(Problem(path.name, "is empty"))
    delimiter = how.delimiter or _of_line(lines[begin])
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines[begin:])), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise ConversionError(Problem(path.name, f"is no table: {error}")) from error
    while rows and not any(rows[-1]):
        rows.pop()
    return rows, begin + 1


def _of_line(line: str) -> str:
    return next((one for one in _DELIMITERS if one in line), ",")


def _delimiter(path: Path, header: Sequence[str]) -> str:
    with path.open(encoding="utf-8-sig") as file:
        line = next((line for line in file if line.strip() and not line.startswith("#")), "")
    return _of_line(line) if len(header) > 1 else ","


def _column(
    source: str,
    first: int,
    header: Sequence[str],
    body: Sequence[Sequence[str]],
    place: int,
    has_comma: bool,
    problems: list[Problem],
) -> _Column:
    """Return a column; has_comma: numbers may be written with a decimal comma."""
    name = header[place].strip()
    match = _LABEL.fullmatch(name)
    label, unit = (name, None) if match is None else (match[1], match[2])
    cells = [row[place].strip() for row in body]
    try:
        return _Column(place, label, unit, np.array(cells, np.float64))
    except ValueError:
        values = np.full(len(cells), np.nan)
    for at, cell in enumerate(cells):
        if cell.lower() in _MISSING:
            continue
        try:
            values[at] = float(cell.replace(",", ".") if has_comma else cell)
        except ValueError:
            problems.append(Problem(source, f"{shown(cell)} is no number", first + 1 + at, name))
    return _Column(place, label, unit, values)


def _is_counter(column: _Column) -> bool:
    """Return whether a column only counts the rows."""
    steps = np.diff(column.values)
    return column.label.lower() in _COUNTERS and bool((steps == 1).all())


def _time_of(
    columns: Sequence[_Column], how: TableFormat, source: str, problems: list[Problem]
) -> _Column | None:
    if how.time is not None:
        found = next((one for one in columns if one.label == how.time), None)
        if found is None:
            problems.append(Problem(source, f"has no column {shown(how.time)}"))
        return found
    return next((one for one in columns if one.label.lower() in _TIMES), None)


def _rate(time: _Column | None, how: TableFormat, first: int, source: str, problems: list[Problem]) -> float:
    """Return the sampling frequency, 0 where it is not known; a column of time must be evenly spaced."""
    if time is None or len(time.values) < 2:
        if how.sampling_hz is None:
            problems.append(Problem(source, "does not say its sampling frequency; write --sampling-hz"))
        return how.sampling_hz or 0.0
    scale = _TIME_UNITS.get(time.unit or "", _TIMES.get(time.label.lower(), 1.0))
    seconds = time.values * scale
    mean = (seconds[-1] - seconds[0]) / (len(seconds) - 1)
    if not math.isfinite(mean) or mean <= 0:
        problems.append(Problem(source, "does not go forward in time", column=time.label))
        return 0.0
    steps = np.diff(seconds, prepend=seconds[0] - mean)
    # Times are rounded: 360 Hz to the millisecond has steps of 2 and 3 ms. A gap has more; NaN is neither.
    off = ~((steps > 0) & (steps < 1.75 * mean))
    if bool(off.any()):
        at = int(np.flatnonzero(off)[0])
        what = f"{time.values[at]:g} is not evenly spaced; there are {int(off.sum())} such rows"
        problems.append(Problem(source, what, first + 1 + at, time.label))
        return 0.0
    hz = 1 / mean
    rounded = float(round(hz))
    hz = rounded if rounded and abs(hz - rounded) / rounded < 5e-4 else float(f"{hz:.6g}")
    if how.sampling_hz is not None and abs(hz - how.sampling_hz) / how.sampling_hz > 1e-3:
        problems.append(Problem(source, f"its time says {hz:g} Hz, --sampling-hz {how.sampling_hz:g} Hz"))
    return how.sampling_hz or hz


def _leads(
    columns: Sequence[_Column], how: TableFormat, hz: float, source: str, problems: list[Problem]
) -> list[Lead]:
    """Return the leads, all with one step; numbers of more than 32 bits are a problem."""
    values = []
    for one in columns:
        unit = one.unit or how.unit
        scale = None if unit is None else microvolt(unit)
        if scale is None:
            what = "says no unit; write --unit" if unit is None else f"{shown(unit)} is no unit of voltage"
            problems.append(Problem(source, what, column=one.label))
        elif bool(np.isinf(one.values).any()):
            problems.append(Problem(source, "has an infinite number", column=one.label))
        else:
            values.append((one, one.values * scale))
    if problems or not values:
        return []
    step = how.step or _step([microvolts for _, microvolts in values])
    leads = []
    for column, microvolts in values:
        steps = np.rint(microvolts / step)
        if bool((np.abs(steps[~np.isnan(steps)]) >= 2**31 - 1).any()):
            what = "has numbers too fine for 32 bits; write --step 0.1, which rounds to 0.1 uV"
            problems.append(Problem(source, what, column=column.label))
            continue
        samples, invalid = _whole(steps)
        leads.append(Lead(column.label, lead_code(column.label), samples, step, hz, invalid=invalid))
    return leads


def _step(columns: Sequence[NDArray[np.float64]]) -> float:
    """Return the largest step, microvolt, that all numbers are multiples of, as far as binary numbers say."""
    common = 0
    for microvolts in columns:
        known = microvolts[~np.isnan(microvolts)]
        if known.size and float(np.abs(known).max()) >= 2**62 * _FINEST:
            return 1.0
        finest = np.rint(known / _FINEST).astype(np.int64)
        common = math.gcd(common, int(np.gcd.reduce(finest))) if finest.size else common
    return float(f"{common * _FINEST:.12g}") if common else 1.0


def _whole(steps: NDArray[np.float64]) -> tuple[NDArray[np.int32], int | None]:
    """Return whole numbers, and the one that stands for what is missing, None where nothing is."""
    gaps = np.isnan(steps)
    if not bool(gaps.any()):
        return steps.astype(np.int32), None
    known = steps[~gaps]
    narrow = not known.size or (known.min() > -(2**15) and known.max() < 2**15)
    invalid = -(2**15) if narrow else -(2**31)
    return np.where(gaps, invalid, steps).astype(np.int64).astype(np.int32), invalid
