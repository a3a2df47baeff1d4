"""Many files, one after the other or in several processes, into one folder.

Knows paths and outcomes; what is done to an object it is handed. A file is written whole or refused; the
others go on.
"""

from __future__ import annotations

import filecmp
import multiprocessing
import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from orthanc_cohorts.convert.problem import Problem
from orthanc_cohorts.convert.pseudonymise.objects import Pseudonymiser
from orthanc_cohorts.convert.pseudonymise.profile import Action
from orthanc_cohorts.convert.pseudonymise.reading import quietly, read_object, write_object
from orthanc_cohorts.convert.pseudonymise.tally import Tally
from orthanc_cohorts.errors import ConversionError

_HALF = ".half-written"
_AHEAD = 8
"""Files per process that are under way or wait to be taken."""

Counts = Counter[tuple[str, Action]]


@dataclass(slots=True)
class Report:
    """What became of the files. unchanged: lay there already, byte for byte. again: an object met twice."""

    files: int = 0
    written: int = 0
    unchanged: int = 0
    again: int = 0
    no_dicom: int = 0
    problems: list[Problem] = field(default_factory=list)
    counts: Counts = field(default_factory=Counter)


class _Outcome(NamedTuple):
    """What became of one file. name: of the one to be written, None: of none. reason: why it is refused."""

    path: Path
    half: Path | None = None
    name: str | None = None
    reason: str | None = None
    counts: Counts | None = None


def pseudonymise_files(
    paths: Sequence[Path],
    out: Path | None,
    pseudonymiser: Pseudonymiser,
    jobs: int = 1,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Write the objects of files into a folder under names that tell nothing; return what became of them.

    out: None: nothing is written. jobs: processes. Two files with one SOPInstanceUID and other bytes are a
    problem, and the first one counts. Raises OSError: the folder cannot be written; ConversionError: a
    process was ended from outside.
    """
    report, taken = Report(), dict[str, Path]()
    half = None if out is None else out / _HALF
    if half is not None:
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
    try:
        for outcome in _outcomes(paths, half, pseudonymiser, jobs):
            _take(outcome, out, taken, report)
            report.files += 1
            advance(report.files, len(paths))
    finally:
        if half is not None:
            shutil.rmtree(half, ignore_errors=True)
    return report


def _take(outcome: _Outcome, out: Path | None, taken: dict[str, Path], report: Report) -> None:
    """Put one outcome into the report, and its file into place."""
    if outcome.reason is not None:
        report.problems.append(Problem(str(outcome.path), outcome.reason))
    elif outcome.name is None:
        report.no_dicom += 1
    else:
        earlier = taken.setdefault(outcome.name, outcome.path)
        report.counts.update(outcome.counts or {})
        target, half = (None, None) if out is None else (out / outcome.name, outcome.half)
        same = (
            target is not None and half is not None and target.exists() and filecmp.cmp(half, target, False)
        )
        if earlier is not outcome.path:
            _take_again(outcome, same or out is None, earlier, report)
        elif same:
            report.unchanged += 1
        else:
            report.written += 1
            if target is not None and half is not None:
                target.parent.mkdir(exist_ok=True)
                half.replace(target)


def _take_again(outcome: _Outcome, same: bool, earlier: Path, report: Report) -> None:
    if same:
        report.again += 1
    else:
        what = f"another object has its SOPInstanceUID: {earlier}; that one is written, this one is not"
        report.problems.append(Problem(str(outcome.path), what))


def _outcomes(
    paths: Sequence[Path], half: Path | None, pseudonymiser: Pseudonymiser, jobs: int
) -> Iterator[_Outcome]:
    """Return what becomes of the files, in their order; not many are under way at once."""
    numbered = enumerate(paths)
    if jobs == 1:
        _begin(pseudonymiser, half)
        yield from (_convert(number, path) for number, path in numbered)
        return
    # Not forked from here: the caller may have threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    waiting: deque[Future[_Outcome]] = deque()
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(pseudonymiser, half))
    try:
        for number, path in numbered:
            waiting.append(pool.submit(_convert, number, path))
            if len(waiting) > _AHEAD * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise ConversionError(
            "a process was ended, most likely for want of memory: try again with fewer --jobs"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


_pseudonymiser: Pseudonymiser
_half: Path | None


def _begin(pseudonymiser: Pseudonymiser, half: Path | None) -> None:
    global _pseudonymiser, _half
    _pseudonymiser, _half = pseudonymiser, half


def _convert(number: int, path: Path) -> _Outcome:
    """Convert one file; whatever is wrong with it is its outcome, and stops no other file."""
    tally = Tally()
    try:
        with quietly():
            ds = read_object(path)
            if ds is None:
                return _Outcome(path)
            out = _pseudonymiser(ds, tally)
        half = None if _half is None else _half / f"{number}.dcm"
        if half is not None:
            write_object(half, out)
        return _Outcome(path, half, _pseudonymiser.name_of(out), None, tally.counts)
    except ConversionError as error:
        return _Outcome(path, reason=str(error))
    except RecursionError:
        return _Outcome(path, reason="is nested too deeply")
    except OSError as error:
        return _Outcome(path, reason=f"cannot be read or written: {error.strerror or type(error).__name__}")
    except Exception as error:
        # Of a damaged file anything may be raised; what the message says may be a value.
        return _Outcome(path, reason=f"cannot be read, or not be written again ({type(error).__name__})")
