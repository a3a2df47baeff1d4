"""What a user would pick instead: PostgreSQL with entity-attribute-value rows, and with JSONB documents.

The same archive in all three, the same questions in turns, equal answers asserted.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks import archive
from benchmarks.archive import Size
from benchmarks.asking import HELD_BYTES, KINDS, SEED, THREADS, Asker, body
from benchmarks.figures import Figure, Part, paragraphs, percentile
from benchmarks.other_tables import Asked, Documents, Rows
from benchmarks.postgres import SETTINGS_TEXT, Cluster
from benchmarks.questions import Questions, Tree
from benchmarks.scale import made
from benchmarks.statements import statement
from orthanc_cohorts.harmonise import convert
from orthanc_cohorts.store import Index

_MEMORY_LIMIT = "2GB"
_GIVE_UP_SECONDS = 10
_ENGINES = ("ours", "rows", "documents")
_NAMES = {"ours": "ours", "rows": "PostgreSQL, rows", "documents": "PostgreSQL, JSONB"}
_SQL_NAMES = {
    "plain": "three clauses",
    "latest": "with `latest`",
    "same": "with `same`",
    "temporal": "with `temporal`",
}


@dataclass(slots=True)
class Compared:
    """Times in ms by (engine, kind of question); disk: bytes by engine. version: PostgreSQL's."""

    times: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    matched: list[int] = field(default_factory=list)
    disk: dict[str, int] = field(default_factory=dict)
    version: str = ""


def measure(folder: Path, quick: bool, millions: float, say: Callable[[str], None]) -> Part:
    """Return what the questions cost in three engines, on an archive of so many million content items."""
    size = Size(0.05 if quick else millions)
    directory = folder / "peers"
    made(directory, size.millions)
    say(f"  {size.items / 1e6:g} million items into PostgreSQL")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found: Compared = pool.apply(_compare, (directory, 4 if quick else 16))
    how = paragraphs(
        f"""
        A generated archive as above with {size.items / 1e6:g} million content items ({size.patients:,}
        patients), in the index, and in {found.version} on the same machine ({SETTINGS_TEXT}; ANALYZEd,
        vacuumed and warm, over its Unix socket): as entity-attribute-value rows with numbers for
        attributes and codes and covering indexes on codes, ranges, times and latest values; and as JSONB
        with a GIN index (jsonb_path_ops), one document per series of images with its reports inside,
        like those of Kaapana's index, but objects instead of parallel arrays, without which these
        questions have no answer. {len(found.matched) // len(KINDS)} questions of each kind, of each the
        faster of two ways to write it for rows and the one that never takes minutes for JSONB, after one
        unmeasured turn; equal answers are asserted ({min(found.matched):,} to {max(found.matched):,}
        patients).
        """
    )
    return Part("Beside PostgreSQL", how, _figures(found))


def _figures(found: Compared) -> list[Figure]:
    figures = []
    for kind in KINDS:
        ours = found.times["ours", kind]
        for engine in _ENGINES:
            times = found.times[engine, kind]
            name = f"{_SQL_NAMES[kind]}, {_NAMES[engine]}"
            figures.append(Figure(f"{name}, p50", median(times), "ms"))
            figures.append(Figure(f"{name}, p95", percentile(times, 95), "ms"))
            if engine != "ours":
                ratios = [theirs / mine for theirs, mine in zip(times, ours, strict=True)]
                figures.append(Figure(f"{name} / ours, median", median(ratios), "x"))
    return figures + [
        Figure(f"on disk, {_NAMES[engine]}", found.disk[engine] / 1e6, "MB") for engine in _ENGINES
    ]


def _compare(directory: Path, each: int) -> Compared:
    return asyncio.run(_compared(directory, each))


async def _compared(directory: Path, each: int) -> Compared:
    convert(1.0, "cm")
    index = Index.open(directory, threads=THREADS, memory_limit=_MEMORY_LIMIT)
    try:
        archive.arranged(index)
        with Cluster() as cluster, cluster.connect() as postgres:
            rows = _load(index, postgres, cluster.directory)
            found = Compared(disk=_sizes(directory, postgres), version=_version(postgres))
            with index.read() as snapshot:
                drawn = Questions(snapshot, SEED)
            asker = Asker(index, HELD_BYTES)
            for kind in KINDS:
                for _ in range(each):
                    _turn(asker, postgres, rows, kind, getattr(drawn, kind)(), found)
    finally:
        index.close()
    return found


def _turn(asker: Asker, postgres: Any, rows: Rows, kind: str, definition: Tree, found: Compared) -> None:
    """Ask one question of all, first to warm them and then for the time."""
    for counted in (False, True):
        asker.renew()
        answers = {
            "ours": asker.count(asker.fresh(), body(definition)),
            "rows": _fastest(postgres, rows.ways(definition)),
            "documents": _fastest(postgres, Documents().ways(definition)),
        }
        counts = {count for _, count in answers.values()}
        assert len(counts) == 1, f"the answers differ, {answers}: {definition}"
        if counted:
            for engine, (elapsed, _) in answers.items():
                found.times.setdefault((engine, kind), []).append(elapsed)
            found.matched.append(counts.pop())


def _fastest(postgres: Any, ways: list[Asked]) -> tuple[float, int]:
    """Return the shorter time of the ways, and their answer; one that takes far too long is no way.

    Raises AssertionError: the answers differ, or there is none.
    """
    from psycopg.errors import QueryCanceled

    times, counts = [], set()
    for sql, parameters in ways:
        began = perf_counter()
        try:
            # Planned for these values each time: a plan for any values is a bad one here.
            [(count,)] = postgres.execute(sql, parameters, prepare=False).fetchall()
        except QueryCanceled:
            continue
        times.append((perf_counter() - began) * 1e3)
        counts.add(count)
    assert len(counts) == 1, f"not one answer within {_GIVE_UP_SECONDS} s: {counts}"
    return min(times), counts.pop()


def _load(index: Index, postgres: Any, folder: Path) -> Rows:
    """Copy an archive into PostgreSQL both ways; return how its rows are asked."""
    facts, documents = folder / "facts.csv", folder / "documents.csv"
    with index.read() as snapshot:
        cursor = snapshot.cursor
        for name in ("attribute_number", "code_number"):
            cursor.execute(statement(f"peers/{name}")).fetchall()
        cursor.execute(statement("peers/facts"), {"file": str(facts)}).fetchall()
        cursor.execute(statement("peers/documents"), {"file": str(documents)}).fetchall()
        attributes = cursor.execute("SELECT kind, concept, unit, attribute FROM attribute_number").fetchall()
        codes = cursor.execute("SELECT text, code FROM code_number").fetchall()
    for table, file in (("fact", facts), ("document", documents)):
        postgres.execute(statement(f"peers/create_{table}"))
        with postgres.cursor().copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy, file.open("rb") as read:
            while part := read.read(1 << 20):
                copy.write(part)
        file.unlink()
    for name in ("index_code", "index_value", "index_latest", "index_moment", "index_document"):
        postgres.execute(statement(f"peers/{name}"))
    postgres.execute("VACUUM ANALYZE")
    postgres.execute(f"SET statement_timeout = '{_GIVE_UP_SECONDS}s'")
    return Rows({(kind, concept, unit): number for kind, concept, unit, number in attributes}, dict(codes))


def _sizes(directory: Path, postgres: Any) -> dict[str, int]:
    [sizes] = postgres.execute(
        "SELECT pg_total_relation_size('fact'), pg_total_relation_size('document')"
    ).fetchall()
    return {"ours": archive.size_on_disk(directory), "rows": sizes[0], "documents": sizes[1]}


def _version(postgres: Any) -> str:
    [(version,)] = postgres.execute("SHOW server_version").fetchall()
    return f"PostgreSQL {version.split()[0]}"
