"""Rows on the wire to Arrow tables: keys in front, canonical codes and units beside what was sent.

Knows the columnar schema; touches no database.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from orthanc_cohorts.harmonise import body_part, unit_of_code
from orthanc_cohorts.harmonise.units import to_canonical
from orthanc_cohorts.model import column as types
from orthanc_cohorts.model.rows import Columns
from orthanc_cohorts.model.schema import TABLES, Table
from orthanc_cohorts.store.hashes import hash_of_id, hash_of_text
from orthanc_cohorts.store.owners import Owners, canonical_codes

_TYPES = {
    types.TEXT: pa.string(),
    types.TIMESTAMP: pa.string(),
    types.DATE: pa.string(),
    types.INTEGER: pa.int32(),
    types.BIGINT: pa.int64(),
    types.DOUBLE: pa.float64(),
    types.BOOLEAN: pa.bool_(),
    types.INTEGERS: pa.list_(pa.int32()),
    types.DOUBLES: pa.list_(pa.float64()),
    types.TEXTS: pa.list_(pa.string()),
}
"""Times and dates stay text: the database casts them as it inserts."""


class Keys:
    """Keys of the objects of a batch, by their number; -1 in `instance` for objects that are left out."""

    def __init__(self, instance: Any, series: Any, study: Any) -> None:
        self.instance = np.asarray(instance, dtype=np.int64)
        self.series = np.asarray(series, dtype=np.int32)
        self.study = np.asarray(study, dtype=np.int32)


def to_arrow(name: str, columns: Columns, keys: Keys, seq: int, owners: Owners) -> pa.Table | None:
    """Return the rows of one table as the index stores them, None when no row is left.

    columns: as on the wire; a column left out is NULL throughout.
    owners: of the private schemes of the batch.
    """
    table = TABLES[name]
    if table.shared:
        built, there = _shared_keys(columns["object"], keys)
        owner = np.zeros(0, dtype=np.int64)
    else:
        owner = np.asarray(columns["object"], dtype=np.int64)
        there = keys.instance[owner] >= 0
        built = {
            "instance_key": pa.array(keys.instance[owner]),
            "series_key": pa.array(keys.series[owner]),
            "study_key": pa.array(keys.study[owner]),
        }
    for column in table.columns:
        values = columns.get(column.name)
        if values is not None:
            built[column.name] = pa.array(values, type=_TYPES[column.type])
    _add_canonical_codes(table, columns, built, owners)
    if name == "measurement":
        _add_units(columns, built)
    elif name == "instance_header":
        _add_body_part(columns, built, owners)
    elif name == "instance":
        built["orthanc_hash"] = _hashes(columns["orthanc_id"], hash_of_id)
        built["sop_hash"] = _hashes(columns.get("sop_instance_uid") or [None] * len(owner), hash_of_text, 0)
        built["seq"] = pa.array(np.full(len(owner), seq, dtype=np.int64))
    elif name == "reference" and "target_sop_instance_uid" in columns:
        built["target_hash"] = _hashes(columns["target_sop_instance_uid"], hash_of_text)
    result = pa.table(built)
    if not there.all():
        result = result.filter(pa.array(there))
    return result if result.num_rows else None


def _shared_keys(owners: list[list[int]], keys: Keys) -> tuple[dict[str, pa.Array], Any]:
    """Return the key columns of rows that several objects of one series state, and which rows have any."""
    counts = np.fromiter(map(len, owners), dtype=np.int64, count=len(owners))
    flat = np.fromiter(
        (number for part in owners for number in part), dtype=np.int64, count=int(counts.sum())
    )
    starts = np.concatenate(([0], np.cumsum(counts)))
    instance = keys.instance[flat]
    live = instance >= 0
    first = flat[starts[:-1]]
    if not live.all():
        kept = np.concatenate(([0], np.cumsum(live)))
        # Of the objects of a row the last is the one that is added, where an older look is left out.
        first = np.array([max(part, key=lambda n: keys.instance[n]) for part in owners], dtype=np.int64)
        instance, starts = instance[live], kept[starts]
    built: dict[str, pa.Array] = {
        "instance_keys": pa.ListArray.from_arrays(pa.array(starts, pa.int32()), pa.array(instance)),
        "series_key": pa.array(keys.series[first]),
        "study_key": pa.array(keys.study[first]),
    }
    return built, np.diff(starts) > 0


def _add_canonical_codes(table: Table, columns: Columns, built: dict[str, pa.Array], owners: Owners) -> None:
    for name in table.coded:
        if f"{name}_code" in columns:
            built[name] = pa.array(canonical_codes(columns, name, owners), type=pa.string())


def _add_body_part(columns: Columns, built: dict[str, pa.Array], owners: Owners) -> None:
    """Add the canonical body part: of the code where one is sent, else of the text."""
    texts = columns.get("body_part_examined")
    parts = canonical_codes(columns, "anatomic_region", owners) if "anatomic_region_code" in columns else None
    if texts is not None:
        parts = [
            part or body_part(text) for part, text in zip(parts or [None] * len(texts), texts, strict=True)
        ]
    if parts is not None:
        built["body_part"] = pa.array(parts, type=pa.string())


def _add_units(columns: Columns, built: dict[str, pa.Array]) -> None:
    codes = columns.get("unit_code")
    if codes is None:
        return
    none = [None] * len(codes)
    schemes, values = columns.get("unit_scheme") or none, columns.get("value") or none
    units = [unit_of_code(s, c) for s, c in zip(schemes, codes, strict=True)]
    built["unit"] = pa.array([u and u.ucum for u in units], type=pa.string())
    built["unit_canonical"] = pa.array([u and u.canonical for u in units], type=pa.string())
    built["value_canonical"] = pa.array(
        [None if u is None or v is None else to_canonical(v, u) for u, v in zip(units, values, strict=True)],
        type=pa.float64(),
    )


def _hashes(values: list[Any], hash_of: Any, missing: int | None = None) -> pa.Array:
    return pa.array([missing if v is None else hash_of(v) for v in values], type=pa.uint64())
