"""The generated archive, asked: the figures that docs/performance.md shows, and how they grow with its size.

Knows what is to hold; measures nothing itself.
"""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks import archive
from benchmarks.archive import Size
from benchmarks.arriving import PER_BATCH, PER_SECOND
from benchmarks.asking import FIRST_FACETS, HELD_BYTES, KINDS, THREADS, TURNS, Asked, ask
from benchmarks.figures import Figure, Hold, Part, paragraphs, percentile
from benchmarks.plot import Line, plot
from benchmarks.questions import COMMON_MEASURED, REPORTS_READ

MEMORY_LIMIT = "8GB"
"""DuckDB's limit here (the option `MemoryLimit`), enough for 100 million items."""
MANY = 50.0
"""From so many million on, an archive is large."""
GROWTH = (1.0, 3.0, 10.0, 30.0, 100.0)
_TOGETHER = "with `same` or `temporal`"
_NAMES = {
    "plain": "three clauses",
    "latest": "with `latest`",
    "same": "with `same`",
    "temporal": "with `temporal`",
}
_BOUNDS_MS = {"plain": 50, "latest": 80}
_TOGETHER_MS, _RATIO = 250, 1.2
_REFINE_MS, _FACETS_MS, _BUSY = 10, 60, 2.0


def measure(
    folder: Path, quick: bool, millions: float, known: dict[float, Asked], say: Callable[[str], None]
) -> Part:
    """Return what questions cost on an archive of so many million content items; note it in `known`, too."""
    size = Size(0.2 if quick else millions)
    directory = folder / "archive"
    _made(directory, size, say)
    try:
        # Of large archives fewer, since SQL by hand takes most of the time.
        questions = 8 if quick else 48 if millions < MANY else 24
        found = ask(directory, questions, 5 if quick else 30, MEMORY_LIMIT)
    finally:
        shutil.rmtree(directory)
    known[size.millions] = found
    return Part(f"Cohorts of {size.items / 1e6:g} million content items", _how(size, found), _figures(found))


def grow(
    folder: Path,
    sizes: Sequence[float],
    drawing: Path,
    known: Mapping[float, Asked],
    say: Callable[[str], None],
) -> Part:
    """Return how the questions' p95 grows with the archive; draw it to a file, an SVG.

    known: what was measured already, by size.
    """
    lines: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    figures = []
    for millions in sizes:
        found = known.get(millions) or _asked_alone(folder / f"archive-{millions:g}", millions, say)
        for kind in KINDS:
            lines[kind].append((millions, percentile(found.ours[kind], 95)))
            figures.append(Figure(f"{_NAMES[kind]}, {millions:g} million, p95", lines[kind][-1][1], "ms"))
        figures.append(Figure(f"peak memory, {millions:g} million", found.rss / 1e6, "MB"))
    drawn = [Line(_NAMES[kind].replace("`", ""), points) for kind, points in lines.items()]
    drawing.write_text(plot(drawn, "million content items", "ms (p95), no answer cached"), encoding="utf-8")
    how = "As for the archive above, 24 questions of each kind per size."
    how += f"\n\n![time by size of the archive]({drawing.name})"
    return Part("How cost grows", how, figures)


def _asked_alone(directory: Path, millions: float, say: Callable[[str], None]) -> Asked:
    _made(directory, Size(millions), say)
    try:
        return ask(directory, 24, 0, MEMORY_LIMIT)
    finally:
        shutil.rmtree(directory)


def made(directory: Path, millions: float) -> None:
    """Make an archive in a process of its own, whose memory is given back."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(archive.make, (directory, Size(millions)))


def _made(directory: Path, size: Size, say: Callable[[str], None]) -> None:
    say(f"  making {size.items / 1e6:g} million content items")
    made(directory, size.millions)


def _how(size: Size, found: Asked) -> str:
    tables = ("measurement", "evaluation", "text_item", "observation_group", "subject", "instance", "series")
    rows = ", ".join(f"{found.rows[name] / 1e6:.3g} M {name}" for name in tables)
    return paragraphs(
        f"""
        A generated archive: {size.patients:,} patients, {size.studies:,} studies,
        {size.reports:,} reports of {archive.ITEMS_PER_REPORT} content items ({archive.SPLIT});
        one report in 200 has replaced another. Rows: {rows}. Concepts of PS3.16 in five kinds
        of report, the k-th of a kind about as often as 1/k; one image, waveform or segmentation
        per series. The index is opened as the sidecar opens it, with {THREADS} threads and a
        memory limit of {MEMORY_LIMIT}.

        {len(found.matched["plain"])} definitions of each kind, patients counted: a measurement,
        a code and a clause on person, study, series or report, concepts drawn as they occur in
        the first {REPORTS_READ:,} reports, ranges between quantiles 5 to 80 % apart; the same
        with `latest`; a value and a code in one group, or a value and something within days,
        each with a third clause, of the {COMMON_MEASURED} commonest concepts. Asked at the desk
        behind the route `count` (without HTTP), {TURNS} times each, no answer and no mask cached,
        in turns with SQL that an expert would write on the same tables (semi-joins or
        intersected sets, whichever is faster); equal answers are asserted. In memory lie, as in
        a sidecar that has run for a while: the list of units with the modalities of each study,
        the values of all concepts in their order, and the columns of studies, series and reports
        that some question has compared before (option `HoldMegabytes`, here
        {HELD_BYTES // 2**20:,}). The ratio takes the
        better turn of both.

        Refining asks a question with one more clause after it was answered. Facets: ten
        (person, series, report, codes, values), at first for {FIRST_FACETS} of the questions, and
        again after one more clause. Arriving: objects of the mix of the other parts, flattened,
        {PER_BATCH} per transaction, {PER_SECOND} a second; questions at one desk. Memory is the
        peak of the process that
        holds the index.
        """
    )


def _figures(found: Asked) -> list[Figure]:
    together = [*found.ours["same"], *found.ours["temporal"]]
    figures = [
        Figure("reading the list of units, once per generation", found.universe, "ms"),
    ]
    for kind in KINDS:
        figures += _of_kind(found, kind)
    figures += [
        Figure(f"{_TOGETHER}, p95", percentile(together, 95), "ms", Hold(at_most=_TOGETHER_MS)),
        Figure("refined by one clause, p50", median(found.refined), "ms"),
        Figure("refined by one clause, p95", percentile(found.refined, 95), "ms", Hold(at_most=_REFINE_MS)),
        Figure("refined by another range, p95", percentile(found.moved, 95), "ms"),
        Figure("ten facets at first, p95", percentile(found.facets, 95), "ms"),
        Figure("ten facets again, p95", percentile(found.facets_again, 95), "ms", Hold(at_most=_FACETS_MS)),
    ]
    return [*figures, *_busy(found), *_sizes(found)]


def _of_kind(found: Asked, kind: str) -> list[Figure]:
    name, ours, hand = _NAMES[kind], found.ours[kind], found.hand[kind]
    bound = Hold(at_most=_BOUNDS_MS[kind]) if kind in _BOUNDS_MS else None
    shares = [count / found.everybody * 100 for count in found.matched[kind]]
    matched = f"{min(shares):.2g} to {max(shares):.2g} %"
    return [
        Figure(f"{name}, p50", median(ours), "ms"),
        Figure(f"{name}, p95", percentile(ours, 95), "ms", bound),
        Figure(f"{name}, by hand, p50", median(hand), "ms"),
        Figure(f"{name}, by hand, p95", percentile(hand, 95), "ms"),
        Figure(f"{name}, ours / by hand, median", median(found.ratios[kind]), "x"),
        Figure(f"{name}, ours / by hand, worst", max(found.ratios[kind]), "x", Hold(at_most=_RATIO)),
        Figure(f"{name}, patients that match, median", median(shares), "%", note=matched),
    ]


def _busy(found: Asked) -> list[Figure]:
    idle = {
        "plain": ("three clauses", found.ours["plain"]),
        "latest": ("with `latest`", found.ours["latest"]),
        "refined": ("refined by one clause", found.refined),
        "facets": ("ten facets", found.facets_again),
    }
    figures = [Figure("arrived meanwhile", found.arrived, "/s", Hold(at_least=0.95 * PER_SECOND))]
    for kind, (name, before) in idle.items():
        now, then = percentile(found.busy[kind], 95), percentile(before, 95)
        figures.append(
            Figure(f"{name} while objects arrive, p95", now, "ms", note=f"{len(found.busy[kind])} asked")
        )
        figures.append(Figure(f"{name}, arriving / idle", now / then, "x", Hold(at_most=_BUSY)))
    return figures


def _sizes(found: Asked) -> list[Figure]:
    return [
        Figure("reading what is held in memory, in the background", found.renewed, "s"),
        Figure("held in memory", found.held / 1e6, "MB"),
        Figure("memory after all questions", found.rss / 1e6, "MB"),
        Figure("memory after the SQL by hand too", found.rss_by_hand / 1e6, "MB"),
        Figure("memory in the end", found.rss_end / 1e6, "MB"),
        Figure("index on disk", found.disk / 1e6, "MB"),
    ]
