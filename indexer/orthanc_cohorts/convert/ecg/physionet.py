"""WFDB records: a header, its signal files, annotations beside them (PhysioNet's `header(5)`, `annot(5)`).

The signals are read by the library wfdb, digital, as they are. A record reads files of its own folder only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.ecg.clinical import day, is_known, statements_of
from orthanc_cohorts.convert.ecg.leads import lead_code
from orthanc_cohorts.convert.ecg.marks import beat
from orthanc_cohorts.convert.ecg.recording import Lead, Mark, Recording, Statement, Strip, Subject
from orthanc_cohorts.convert.ecg.voltage import microvolt
from orthanc_cohorts.convert.problem import Problem, raise_any
from orthanc_cohorts.errors import ConversionError

_AGE_AND_SEX = re.compile(r"(\d{1,3}|\?) +([MF])\b.*")
_SEXES = {"m": "M", "male": "M", "f": "F", "female": "F", "w": "F"}


def read_record(path: Path, annotators: Sequence[str] = ("atr",)) -> Recording:
    """Return the ECG of a record; path: of its header, of a signal file, or the record's name without suffix.

    annotators: suffixes of the annotation files that are read where they are there.
    Raises ConversionError: it is no record, or a file of it is missing or damaged.
    """
    import wfdb

    is_part = path.suffix == ".hea" or not path.with_name(f"{path.name}.hea").is_file()
    base = path.with_suffix("") if is_part and path.with_suffix(".hea").is_file() else path
    parts = _parts(base)
    raise_any(problem for header, place in parts for problem in _missing(header, place))
    # wfdb would take the mean of several samples of one frame.
    is_even = all(frames == 1 for header, _ in parts for frames in header.samps_per_frame)
    try:
        record = wfdb.rdrecord(str(base), physical=False, smooth_frames=is_even, return_res=32)
    except Exception as error:  # wfdb raises whatever its parsing runs into
        raise ConversionError(
            Problem(path.name, f"its signals cannot be read: {str(error) or type(error).__name__}")
        ) from error
    remarks = _remarks(record)
    strips = _with_marks(_strips(record), base, annotators, float(record.fs))
    lines = [line.strip() for line in record.comments or [] if line.strip()]
    return _recording(base.name, strips, record, lines, remarks)


def _header(base: Path) -> Any:
    import wfdb

    hea = base.with_name(base.name + ".hea")
    if not hea.is_file():
        raise ConversionError(Problem(base.name, f"no header {hea.name} is beside it"))
    try:
        return wfdb.rdheader(str(base))
    except Exception as error:  # wfdb raises whatever its parsing runs into
        raise ConversionError(Problem(hea.name, f"is no header of a WFDB record: {error}")) from error


def _parts(base: Path) -> list[tuple[Any, Path]]:
    """Return the headers that name signal files, with where they are: of a record, or of its segments.

    wfdb takes no name with a folder in it.
    """
    header = _header(base)
    if not hasattr(header, "seg_name"):
        return [(header, base)]
    found, problems = [], []
    for name in dict.fromkeys(header.seg_name):
        if name == "~":
            continue
        inner = _header(base.with_name(name))
        if hasattr(inner, "seg_name"):
            problems.append(Problem(f"{base.name}.hea", f"its segment {name} is made of segments itself"))
        elif inner.sig_len:
            # The header of a layout has no samples, and no files.
            found.append((inner, base.with_name(name)))
    raise_any(problems)
    return found


def _missing(header: Any, base: Path) -> list[Problem]:
    """Return the files of a header that are not there or too short."""
    from wfdb.io._signal import BYTES_PER_SAMPLE

    source, found = f"{base.name}.hea", []
    described = len(header.file_name or [])
    if described != header.n_sig:
        found.append(Problem(source, f"says that it has {header.n_sig} signals, and describes {described}"))
    sizes: dict[str, float] = {}
    for number, name in enumerate(header.file_name or []):
        frame = BYTES_PER_SAMPLE.get(header.fmt[number], 0) * header.samps_per_frame[number]
        sizes[name] = sizes.get(name, 0.0) + frame
    for name, frame in sizes.items():
        path = base.with_name(name)
        if not path.is_file():
            found.append(Problem(source, f"file {name} is missing"))
        elif frame * (header.sig_len or 0) > path.stat().st_size:
            what = f"has {path.stat().st_size} bytes, which are not {header.sig_len} samples of its leads"
            found.append(Problem(source, f"file {name} {what}"))
    return found or ([] if sizes else [Problem(source, "the record has no signals")])


def _strips(record: Any) -> list[Strip]:
    """Return the signals, those of each sampling rate as a strip."""
    by_rate: dict[int, list[Lead]] = {}
    for number, name in enumerate(record.sig_name):
        label = name or f"signal {number + 1}"
        frames = record.samps_per_frame[number] if record.e_d_signal is not None else 1
        samples = record.e_d_signal[number] if record.e_d_signal is not None else record.d_signal[:, number]
        by_rate.setdefault(frames, []).append(_lead(record, number, label, samples, frames))
    return [Strip("RHYTHM", tuple(leads)) for _, leads in sorted(by_rate.items(), reverse=True)]


def _lead(record: Any, number: int, label: str, samples: Any, frames: int) -> Lead:
    unit = record.units[number]
    scale = microvolt(unit)
    one = None if scale is None else scale / record.adc_gain[number]
    values = np.ascontiguousarray(samples, np.int32)
    invalid = _invalid(record.fmt[number])
    return Lead(
        label,
        lead_code(label),
        values,
        one,
        float(record.fs) * frames,
        0.0 if one is None else -record.baseline[number] * one,
        invalid if invalid is not None and bool((values == invalid).any()) else None,
        unit=unit,
    )


def _invalid(fmt: str) -> int | None:
    """Return the number that stands for a missing sample in a format (WFDB `signal(5)`), None for none."""
    from wfdb.io._signal import INVALID_SAMPLE_VALUE

    found: int | None = INVALID_SAMPLE_VALUE.get(fmt)
    return found


def _remarks(record: Any) -> tuple[str, ...]:
    """Return leads whose samples do not add up to what the header says."""
    stated = getattr(record, "checksum", None)
    if not stated or record.d_signal is None or any(record.skew or []):
        return ()
    sums = record.d_signal.astype(np.int64).sum(axis=0)
    return tuple(
        f"lead {label}: the samples do not add up to the checksum of the header"
        for label, found, sent in zip(record.sig_name, sums, stated, strict=True)
        if sent is not None and (int(found) - int(sent)) % 65536
    )


def _with_marks(
    strips: list[Strip], base: Path, annotators: Sequence[str], frames_hz: float
) -> tuple[Strip, ...]:
    """Return the strips with the annotations on the first, which has the highest rate."""
    import wfdb

    marks: list[Mark] = []
    for annotator in annotators:
        if not base.with_name(f"{base.name}.{annotator}").is_file():
            continue
        try:
            read = wfdb.rdann(str(base), annotator)
        except Exception as error:  # wfdb raises whatever its parsing runs into
            raise ConversionError(Problem(f"{base.name}.{annotator}", f"cannot be read: {error}")) from error
        factor = round(strips[0].leads[0].sampling_hz / frames_hz)
        length = len(strips[0].leads[0].samples)
        for sample, symbol, note in zip(read.sample, read.symbol, read.aux_note, strict=True):
            concept: Coding | None = beat(symbol)
            text = (note or "").strip("\0 ") or symbol
            if 0 <= sample * factor < length:
                marks.append(Mark(int(sample) * factor, concept, text))
    first = strips[0]
    return (Strip(first.label, first.leads, tuple(marks)), *strips[1:])


def _recording(
    name: str, strips: tuple[Strip, ...], record: Any, lines: list[str], remarks: tuple[str, ...]
) -> Recording:
    moment, statements, diagnoses = _moment(record), list[Statement](), list[str]()
    known: dict[str, Any] = {}
    for one in statements_of(lines):
        match _field(one), one.value:
            case "age", value:
                known["age"] = _age(value)
            case "sex", value:
                known["sex"] = _SEXES.get(value.lower(), "")
            case "date", value:
                moment = moment or day(value)
            case "dx", value:
                diagnoses += [part.strip() for part in value.split(",") if is_known(part)]
            case "line", value if not statements and (match := _AGE_AND_SEX.fullmatch(value)):
                known |= {"age": _age(match[1]), "sex": match[2]}
                statements.append(one)
            case _:
                statements.append(one)
    subject = Subject(**known)
    return Recording(
        name,
        strips,
        moment,
        subject,
        interpretation=tuple(diagnoses),
        statements=tuple(statements),
        remarks=remarks,
    )


def _field(one: Statement) -> str:
    fields = {"age": "age", "sex": "sex", "gender": "sex", "ecg date": "date", "dx": "dx", "": "line"}
    return fields.get(one.name.lower().strip("<> "), "")


def _age(value: str) -> tuple[Decimal, str] | None:
    with suppress(ArithmeticError):
        age = Decimal(value.strip())
        return (age, "a") if 0 <= age < 150 else None
    return None


def _moment(record: Any) -> datetime | date | None:
    if record.base_date is None:
        return None
    return (
        record.base_date if record.base_time is None else datetime.combine(record.base_date, record.base_time)
    )
