"""The lake: what publishing costs, bytes of a content item, and values of one concept in a range.

The latter are read straight from its Parquet files. Knows the published folder and DuckDB; the index is asked
only to compare answers.
"""

from __future__ import annotations

import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, NamedTuple

import duckdb
import pyarrow.parquet as pq

import build
from benchmarks import archive
from benchmarks.archive import Size
from benchmarks.arriving import PER_SECOND, prepared
from benchmarks.asking import SEED, THREADS
from benchmarks.figures import Figure, Hold, Part, paragraphs, percentile
from benchmarks.statements import statement
from demo_lake import KEY, published
from orthanc_cohorts.convert.demo.write import demo_objects
from orthanc_cohorts.lake import FolderLake, Published, publish
from orthanc_cohorts.store import Batch, Index, Observed

MEMORY_LIMIT = "8GB"
CONCEPTS, RANGES, TURNS = 12, 4, 3
"""Of the commonest concepts, and as many of the rarest; ranges of each; times that each is asked."""
COMMON_MS, RARE_MS = 200, 60
NEW, NEW_COST = 0.01, 0.05
"""Of instances, that are new; and what publishing them costs at most, as a part of publishing everything."""
_REPORT = "SR"
Say = Callable[[str], None]


class Again(NamedTuple):
    """What was published after some instances had come. seconds: of publishing."""

    instances: int
    seconds: float


class Asked(NamedTuple):
    """What was measured on the lake of an archive.

    seconds: of publishing. ms, kept_ms, rows: of common and rare concepts; kept_ms where DuckDB keeps the
    footers of the files; rows of whole concepts. again, changed_seconds: of publishing once more, with new
    instances, and with one old study that has changed.
    """

    published: Published
    seconds: float
    again: Again
    changed_seconds: float
    ms: dict[str, list[float]]
    kept_ms: dict[str, list[float]]
    rows: dict[str, list[int]]


class Bytes(NamedTuple):
    """The demo study. items: content items; reports: their DICOM bytes.

    lake, content: bytes of all tables, of `content_item`.
    """

    items: int
    reports: int
    lake: int
    content: int


def measure(folder: Path, quick: bool, millions: float, say: Say) -> Part:
    """Return what the lake of an archive of so many million content items costs to read, and its bytes."""
    size, directory = Size(0.2 if quick else millions), folder / "lake"
    spawned = multiprocessing.get_context("spawn")
    with spawned.Pool(1) as pool:
        say(f"  making {size.items / 1e6:g} million content items, and publishing them")
        pool.apply(archive.make, (directory / "index", size))
        found = pool.apply(_asked, (directory,))
        of_demo = pool.apply(_of_demo, (directory / "demo", 10 if quick else 120))
    shutil.rmtree(directory)
    return Part(
        f"The lake of {size.items / 1e6:g} million content items", _how(found), _figures(found, of_demo)
    )


def _asked(directory: Path) -> Asked:
    index = Index.open(directory / "index", threads=THREADS, memory_limit=MEMORY_LIMIT)
    try:
        lake = FolderLake(directory / "lake")
        made, seconds = _published(index, lake)
        with duckdb.connect(str(made.folder / "catalog.duckdb"), read_only=True) as catalog:
            catalog.execute(f"SET threads = {THREADS}")
            concepts = catalog.execute(statement("lake/concepts")).fetchall()
            common, rare = concepts[:CONCEPTS], concepts[CONCEPTS:][-CONCEPTS:]
            found = Asked(made, seconds, _with_new(index, lake), _with_a_change(index, lake), {}, {}, {})
            for name, chosen in (("common", common), ("rare", rare)):
                found.rows[name] = [rows for _, _, rows, _ in chosen]
            for times, keeps in ((found.ms, "false"), (found.kept_ms, "true")):
                catalog.execute(f"SET parquet_metadata_cache = {keeps}")
                for name, chosen in (("common", common), ("rare", rare)):
                    times[name] = _times(catalog, index, list(_ranges(chosen)))
    finally:
        index.close()
    return found


def _published(index: Index, lake: FolderLake) -> tuple[Published, float]:
    began = perf_counter()
    made = publish(index, lake, "pseudonymise", KEY)
    return made, perf_counter() - began


def _with_new(index: Index, lake: FolderLake) -> Again:
    """Publish after one instance of a hundred is new."""
    before = archive.rows_of(index)["instance"]
    for batch in prepared(NEW * before / PER_SECOND, "lake"):
        index.apply(batch)
    made, seconds = _published(index, lake)
    assert not made.is_whole
    return Again(made.rows["instance"] - before, seconds)


def _with_a_change(index: Index, lake: FolderLake) -> float:
    """Publish after an instance of an old study is gone."""
    with index.read() as snapshot:
        [(name,)] = snapshot.cursor.execute("SELECT orthanc_id FROM instance LIMIT 1").fetchall()
    index.apply(Batch(gone=[Observed(name, time.monotonic_ns())]))
    made, seconds = _published(index, lake)
    assert not made.is_whole
    return seconds


def _ranges(concepts: list[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    """Yield the parameters of questions: ranges between two quantiles, narrow ones as often as wide ones."""
    dice = Random(SEED)
    for concept, unit, _, quantiles in concepts:
        for _ in range(RANGES):
            low = dice.randrange(len(quantiles) - 1)
            high = dice.randrange(low + 1, len(quantiles))
            yield {"concept": concept, "unit": unit, "low": quantiles[low], "high": quantiles[high]}


def _times(catalog: duckdb.DuckDBPyConnection, index: Index, questions: list[dict[str, Any]]) -> list[float]:
    """Return the ms of each question, TURNS times after one that is not measured; asserts equal answers."""
    times = []
    for turn in range(TURNS + 1):
        for question in questions:
            began = perf_counter()
            answer = catalog.execute(statement("lake/in_range"), question).fetchall()
            if turn:
                times.append((perf_counter() - began) * 1e3)
            elif question["concept"] in (questions[0]["concept"], questions[-1]["concept"]):
                with index.read() as snapshot:
                    same = snapshot.cursor.execute(statement("lake/in_range_of_index"), question).fetchall()
                assert answer == same, question
    return times


def _of_demo(directory: Path, patients: int) -> Bytes:
    """Publish the demo study and return its bytes."""
    objects = [ds for _, ds in demo_objects(patients)]
    snapshot = (published(objects, directory) / "current").resolve()
    sizes = {file: file.stat().st_size for file in snapshot.glob("*/*.parquet")}
    content = {file: size for file, size in sizes.items() if file.parent.name == "content_item"}
    return Bytes(
        items=sum(pq.read_metadata(file).num_rows for file in content),
        reports=sum(len(build.to_bytes(ds)) for ds in objects if ds.Modality == _REPORT),
        lake=sum(sizes.values()),
        content=sum(content.values()),
    )


def _how(found: Asked) -> str:
    rows = ", ".join(
        f"{found.published.rows[name] / 1e6:.3g} M {name}" for name in ("measurement", "evaluation")
    )
    return paragraphs(
        f"""
        The generated archive of the other parts, published under the default policy
        (`pseudonymise`): {rows}. How many values of one concept lie in a range, asked with DuckDB
        in the catalog of the snapshot ({THREADS} threads, opened once, warm): of the {CONCEPTS}
        commonest concepts ({min(found.rows["common"]):,} to {max(found.rows["common"]):,} values
        each) and the {len(found.rows["rare"])} rarest ({min(found.rows["rare"]):,} to
        {max(found.rows["rare"]):,}) {RANGES} ranges each between two quantiles, {TURNS} times;
        equal answers of the index are asserted for some. It is published again after {NEW:.0%} of
        its instances have come anew (objects of the mix of the other parts), and after an
        instance of an old study is gone: all files with rows of that study are copied without.

        Bytes: the demo study of 120 patients, reports beside the CT, segmentations and ECGs that
        they speak of; `content_item` is the whole content tree, and all tables are the lake. DICOM
        bytes are those of the reports.
        """
    )


def _figures(found: Asked, of_demo: Bytes) -> list[Figure]:
    figures = []
    for name, bound in (("rare", RARE_MS), ("common", COMMON_MS)):
        for percent, hold in ((50, None), (95, Hold(at_most=bound))):
            value = percentile(found.ms[name], percent)
            figures.append(Figure(f"values of a {name} concept in a range, p{percent}", value, "ms", hold))
        value = percentile(found.kept_ms[name], 95)
        figures.append(Figure("the same with `parquet_metadata_cache`, p95", value, "ms"))
    items = of_demo.items
    return [
        *figures,
        Figure("publishing all of it", found.seconds, "s"),
        Figure(
            f"publishing once {found.again.instances:,} more instances are there", found.again.seconds, "s"
        ),
        Figure("that / all of it", found.again.seconds / found.seconds, "", Hold(at_most=NEW_COST)),
        Figure("publishing once an old study has changed / all", found.changed_seconds / found.seconds, ""),
        Figure("lake on disk", found.published.bytes / 1e6, "MB"),
        Figure("a content item in DICOM", of_demo.reports / items, "B"),
        Figure("a content item in `content_item`", of_demo.content / items, "B"),
        Figure("a content item with all tables", of_demo.lake / items, "B"),
        Figure("lake / DICOM bytes of the reports", of_demo.lake / of_demo.reports, "x"),
    ]
