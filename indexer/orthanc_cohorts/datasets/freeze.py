"""Freezes a dataset: everything of it as the bytes of files, from one generation of the index.

The same dataset on the same index gives the same bytes: rows are ordered by what they say, and no file holds
the time at which it was made. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort import BadDefinition, Engine, Snapshot
from orthanc_cohorts.cohort.canonical import dumps
from orthanc_cohorts.cohort.engine import Warning_
from orthanc_cohorts.cohort.listing import members
from orthanc_cohorts.columns import Flag, Layout, Table, Wanted, read, who
from orthanc_cohorts.datasets import parquet
from orthanc_cohorts.datasets.definition import Planned
from orthanc_cohorts.datasets.describe import Described, counted, descriptions, dictionary
from orthanc_cohorts.datasets.policy import Policy, kind_of_identifier, refused
from orthanc_cohorts.datasets.pseudonyms import Pseudonyms, identity
from orthanc_cohorts.store.statements import fetch

TABLE, MANIFEST = "table.parquet", "manifest.parquet"
DEFINITION, CHECKSUMS = "definition.json", "checksums.sha256"
MANIFEST_COLUMNS = (
    "patient", "name", "modality", "study_instance_uid", "series_instance_uid", "sop_instance_uid",
    "sop_class_uid", "transfer_syntax_uid", "instance_number", "size_bytes", "md5", "orthanc_id",
)  # fmt: skip
_IDENTIFYING = ("study_instance_uid", "series_instance_uid", "sop_instance_uid")


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frozen dataset. files: name to content, those that leave the site.

    crosswalk: Parquet, from pseudonyms to what they stand for; never leaves the site. rows: of the table.
    parts: rows by part of the split. warnings: values that could not take part.
    """

    hash: str
    generation: int
    files: Mapping[str, bytes]
    crosswalk: bytes
    rows: int
    instances: int
    size_bytes: int
    parts: Mapping[str, int]
    warnings: tuple[Warning_, ...]

    @property
    def content_hash(self) -> str:
        """SHA-256 of the checksums: of every byte of the dataset."""
        return sha256(self.files[CHECKSUMS]).hexdigest()


@dataclass(frozen=True, slots=True)
class _People:
    """Who the rows of a table are, in its order. order: of the rows in the files."""

    names: list[str]
    studies: list[str | None]
    identities: list[str]
    order: NDArray[np.int64]


def freeze(
    snapshot: Snapshot,
    engine: Engine,
    planned: Planned,
    policy: Policy,
    key: Pseudonyms,
    check: Callable[[], None],
) -> Frozen:
    """Return a dataset as files, at the generation of a snapshot.

    check: called before every statement; raises when the request is out of time.
    Raises BadDefinition: the policy does not let a column out.
    """
    faults = refused(planned.layout.columns, policy)
    if faults:
        raise BadDefinition(faults)
    per = planned.layout.per
    keys = members(engine.answer(snapshot, planned.cohort, check), per)
    found = read(snapshot, engine, keys, planned.layout, check)
    rows = who(snapshot, engine.universe(snapshot), per, keys)
    # With `drop`, nothing in one dataset may tell which rows of another are of the same person.
    covering = key.unlinkable(planned.hash) if policy == "drop" else key
    people = _people(rows, policy, covering, per)
    parts, drawn = _split(planned, people, key)
    table = _table(planned, found, people, policy, covering, drawn)
    series = read(snapshot, engine, keys, Layout(per, planned.layout.anchor, planned.series), check)
    check()
    # In a row per study, series of other studies of the patient: only this tells whose row they are for.
    wide = per == "study" and any(one.wide for one in planned.series)
    manifest, crosswalk = _manifest(snapshot, series, people, policy, covering, wide)
    described = dictionary(planned, found.meanings, policy, snapshot.generation)
    files = packed(described, dumps(planned.tree) + b"\n", table, manifest)
    return Frozen(
        planned.hash,
        snapshot.generation,
        files,
        parquet.written(crosswalk),
        table.num_rows,
        manifest.num_rows,
        total_size(manifest),
        parts,
        tuple(dict.fromkeys((*found.warnings, *series.warnings))),
    )


def packed(described: Described, definition: bytes, table: pa.Table, manifest: pa.Table) -> dict[str, bytes]:
    """Return the files of a dataset: tables, definition, what describes them, and checksums of all."""
    files = {TABLE: parquet.written(table), MANIFEST: parquet.written(manifest), DEFINITION: definition}
    files |= descriptions(counted(described, table, manifest), files)
    files[CHECKSUMS] = checksums(files)
    return files


def total_size(manifest: pa.Table) -> int:
    """Return the bytes of all instances of a manifest."""
    return sum(size or 0 for size in manifest["size_bytes"].to_pylist())


def checksums(files: Mapping[str, bytes]) -> bytes:
    """Return the SHA-256 of every file in the form that `sha256sum --check` reads, sorted by name."""
    lines = [f"{sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return "".join(lines).encode()


def _people(rows: pa.Table, policy: Policy, key: Pseudonyms, per: str) -> _People:
    ids, issuers, uids = (
        rows[name].to_pylist() for name in ("patient_id", "issuer_of_patient_id", "study_instance_uid")
    )
    identities = [identity(*one) for one in zip(ids, issuers, uids, strict=True)]
    names = (
        [plain(one, issuer) for one, issuer in zip(ids, issuers, strict=True)]
        if policy == "keep"
        else [key.of_patient(one) for one in identities]
    )
    studies: list[str | None] = [None] * len(names)
    if per == "study":
        studies = [uid if policy == "keep" or uid is None else key.of_uid(uid) for uid in uids]
    order = sorted(range(len(names)), key=lambda at: (names[at], studies[at] or "", identities[at]))
    return _People(names, studies, identities, np.array(order, dtype=np.int64))


def plain(patient_id: str | None, issuer: str | None) -> str:
    """Return an identity as HL7 writes it (CX): id, and its issuer in the fourth component."""
    return f"{patient_id or ''}^^^{issuer}" if issuer else patient_id or ""


def _split(planned: Planned, people: _People, key: Pseudonyms) -> tuple[dict[str, int], list[str]]:
    """Return how many rows each part has, and the part of each row; nothing where no split is asked."""
    split = planned.asked.split
    if split is None:
        return {}, []
    drawn = [key.part(one, split.shares, split.salt) for one in people.identities]
    return {name: drawn.count(name) for name in sorted(split.shares)}, drawn


def _table(
    planned: Planned, found: Table, people: _People, policy: Policy, key: Pseudonyms, drawn: list[str]
) -> pa.Table:
    columns: dict[str, pa.Array] = {"patient": pa.array(people.names, pa.string())}
    if planned.layout.per == "study":
        columns["study"] = pa.array(people.studies, pa.string())
    if planned.asked.split is not None:
        columns["split"] = pa.array(drawn, pa.string())
    for column in planned.layout.columns:
        values = found.columns[column.name]
        columns[column.name] = values if policy == "keep" else _covered(column, values, people, key)
    return pa.table(columns).take(pa.array(people.order))


def _covered(column: Wanted | Flag, values: pa.Array, people: _People, key: Pseudonyms) -> pa.Array:
    """Return a column with UIDs as pseudonyms and points in time shifted by the days of each patient."""
    kind = (
        "" if isinstance(column, Flag) or column.pick in ("count", "exists") else kind_of_identifier(column)
    )
    if not kind:
        return values
    inner = values.flatten() if pa.types.is_list(values.type) else values
    if kind == "uid":
        plain = inner.to_pylist()
        covered = pa.array([None if uid is None else key.of_uid(uid) for uid in plain], pa.string())
    else:
        days = np.array([key.shift(one) for one in people.identities], dtype=np.int64)
        if inner is not values:
            days = np.repeat(days, np.diff(values.offsets.to_numpy()))
        covered = _shifted(inner, days)
    return covered if inner is values else pa.ListArray.from_arrays(values.offsets, covered)


def _shifted(values: pa.Array, days: NDArray[np.int64]) -> pa.Array:
    whole, unit = (pa.int32(), 1) if pa.types.is_date32(values.type) else (pa.int64(), 86_400_000_000)
    moved = pc.add(values.cast(whole), pa.array(days * unit).cast(whole))
    return moved.cast(values.type)


def _manifest(
    snapshot: Snapshot, series: Table, people: _People, policy: Policy, key: Pseudonyms, wide: bool
) -> tuple[pa.Table, pa.Table]:
    """Return the manifest and the crosswalk from its pseudonyms to what fetching needs.

    wide: with the study of the row that a series is for.
    """
    asked: dict[str, list[Any]] = {"row": [], "name": [], "series_key": []}
    for name, column in series.columns.items():
        for row, keys in enumerate(column.to_pylist()):
            # In the order of time, each once.
            for one in dict.fromkeys(keys if isinstance(keys, list) else [] if keys is None else [keys]):
                asked["row"].append(row)
                asked["name"].append(name)
                asked["series_key"].append(one)
    types = {"row": pa.int64(), "name": pa.string(), "series_key": pa.int32()}
    incoming = pa.table({name: pa.array(values, types[name]) for name, values in asked.items()})
    found = fetch(snapshot.cursor, load("datasets/manifest"), incoming=incoming)
    owners = found["row"].to_numpy()
    patient = pa.array([people.names[row] for row in owners], pa.string())
    plain = found.drop(["row"]).add_column(0, "patient", patient)
    place = np.empty(len(people.order), dtype=np.int64)
    place[people.order] = np.arange(len(people.order))
    order = pa.array(np.argsort(place[owners], kind="stable"))
    kept = plain.select(MANIFEST_COLUMNS)
    if wide:
        studies = pa.array([people.studies[row] for row in owners], pa.string())
        kept = kept.append_column("row_study", studies)
    kept = kept.take(order)
    return (kept, _crosswalk(kept, kept)) if policy == "keep" else _covered_manifest(kept, key)


def _covered_manifest(plain: pa.Table, key: Pseudonyms) -> tuple[pa.Table, pa.Table]:
    covered = plain
    for name in _IDENTIFYING:
        pseudonyms = [None if uid is None else key.of_uid(uid) for uid in plain[name].to_pylist()]
        at = covered.column_names.index(name)
        covered = covered.set_column(at, name, pa.array(pseudonyms, pa.string()))
    # An Orthanc id is a plain hash of identifiers, and so is the MD5 of a file that another site may hold.
    covered = covered.drop(["md5", "orthanc_id"])
    # Series and instances are sorted by what they are called here, not by what they were called.
    covered, plain = _sorted_together(covered, plain)
    return covered, _crosswalk(covered, plain)


def _sorted_together(covered: pa.Table, plain: pa.Table) -> tuple[pa.Table, pa.Table]:
    names = ("patient", "name", "series_instance_uid", "sop_instance_uid", "row_study")
    keys = [(name, "ascending") for name in names if name in covered.column_names]
    order = pc.sort_indices(covered, sort_keys=keys)
    return covered.take(order), plain.take(order)


def _crosswalk(covered: pa.Table, plain: pa.Table) -> pa.Table:
    """Return, row by row of the manifest, what its instance is called in it and in Orthanc."""
    return pa.table(
        {
            "sop_instance_uid": covered["sop_instance_uid"],
            **{f"original_{name}": plain[name] for name in _IDENTIFYING},
            "orthanc_id": plain["orthanc_id"],
            "md5": plain["md5"],
        }
    )
