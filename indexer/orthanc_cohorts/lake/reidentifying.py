"""From pseudonyms back to identifiers, for the site that has the key: by making all pseudonyms again.

Knows what the lake and datasets show of one generation of the index; of what is in it no more, nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc
from orthanc_cohorts_sql import load

from orthanc_cohorts.cohort import Snapshot
from orthanc_cohorts.datasets import Pseudonyms
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.lake import record
from orthanc_cohorts.lake.covering import Covering, Part, owners_of, people
from orthanc_cohorts.lake.rows import DIGEST
from orthanc_cohorts.lake.tables import TABLES
from orthanc_cohorts.store.statements import fetch

Level = Literal["patient", "study", "series", "instance"]
_KEY = re.compile(r"0|[1-9][0-9]{0,18}")
_UID = re.compile(r"2\.25\.(0|[1-9][0-9]{0,38})")
_PATIENT = re.compile(r"[0-9a-f]{32}")
_COVERING = tuple(policy for policy in get_args(Policy) if policy != "keep")
_NAMED = pa.schema({"value": pa.string(), "level": pa.string(), "key": pa.int64()})
_PLAIN = pa.schema({"value": pa.string(), "uid": pa.string(), "study_key": pa.int32()})
_OCCURRENCES = (
    "SELECT t.digest, t.uid, t.study_key FROM ("
    'SELECT f."{column}" AS uid, min(f.study_key) AS study_key, substr({digest}, 1, 32) AS digest '
    'FROM "{source}" AS f WHERE f."{column}" IS NOT NULL GROUP BY f."{column}"'
    ") AS t SEMI JOIN incoming AS i ON i.digest = t.digest"
)
"""Distinct UIDs of a column whose pseudonyms are wanted; all its text is that of `tables`."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a pseudonym stands for.

    level: None of a UID that names no object of the store, such as a frame of reference or a tracked lesion.
    patient_id: None where it is empty as sent; the patient is that of one study then. uid, orthanc_id: of the
    object itself, None of a patient.
    """

    level: Level | None
    patient_id: str | None
    issuer_of_patient_id: str | None
    study_instance_uid: str
    uid: str | None
    orthanc_id: str | None


def reidentify(
    snapshot: Snapshot,
    key: Pseudonyms,
    values: Collection[str],
    datasets: Iterable[str],
    check: Callable[[], None],
) -> dict[str, list[Meaning]]:
    """Return what each of some pseudonyms stands for; an empty list where it is not known.

    values: keys of patients, studies, series and instances in the lake, under either policy; UIDs; and what
    datasets call patients. datasets: hashes of definitions, for what those under policy `drop` call patients.
    check: called now and then; raises to give up.
    """
    found: dict[str, list[Meaning]] = {value: [] for value in values}
    keys = [value for value in found if _KEY.fullmatch(value) and int(value) < 2**63]
    patients = {value for value in found if _PATIENT.fullmatch(value)}
    uids = {f"{int(value[5:]):032x}": value for value in found if _UID.fullmatch(value)}
    named = [*_of_keys(snapshot, key, keys, check), *_of_patients(snapshot, key, patients, datasets, check)]
    if named:
        incoming = pa.Table.from_pylist(named, _NAMED)
        _tell(snapshot, fetch(snapshot.cursor, load("lake/objects_of_keys"), incoming=incoming), found)
    plain = list(_of_uids(snapshot, key, uids, check))
    if plain:
        incoming = pa.Table.from_pylist(plain, _PLAIN)
        _tell(snapshot, fetch(snapshot.cursor, load("lake/objects_of_uids"), incoming=incoming), found)
    return found


def _of_keys(
    snapshot: Snapshot, key: Pseudonyms, values: list[str], check: Callable[[], None]
) -> Iterator[dict[str, Any]]:
    """Yield the keys in the index that stand in the lake under some numbers, with their level."""
    if not values:
        return
    written = {int(value): value for value in values}
    wanted = pa.array(written, pa.int64())
    studies = record.studies(snapshot)
    everything = Part(studies, studies.select(["patient_key"]))
    for policy in _COVERING:
        check()
        for level, covers in Covering.of(policy, key).covers(snapshot, everything).of.items():
            for one in covers.filter(pc.is_in(covers["cover"], value_set=wanted)).to_pylist():
                yield {"value": written[one["cover"]], "level": level, "key": one["key"]}


def _of_patients(
    snapshot: Snapshot,
    key: Pseudonyms,
    values: Collection[str],
    datasets: Iterable[str],
    check: Callable[[], None],
) -> Iterator[dict[str, Any]]:
    """Yield the keys of patients whom datasets call by some pseudonyms."""
    if not values:
        return
    named, who = people(snapshot, record.studies(snapshot).select(["patient_key"]))
    keys = named["patient_key"].to_pylist()
    for pseudonyms in (key, *(key.unlinkable(hash) for hash in dict.fromkeys(datasets))):
        check()
        for patient_key, one in zip(keys, who, strict=True):
            value = pseudonyms.of_patient(one)
            if value in values:
                yield {"value": value, "level": "patient", "key": patient_key}


def _of_uids(
    snapshot: Snapshot, key: Pseudonyms, values: dict[str, str], check: Callable[[], None]
) -> Iterator[dict[str, Any]]:
    """Yield the UIDs whose pseudonyms have some digests, each with a study that it occurs in."""
    missing = dict(values)
    for table in TABLES:
        for column in table.uids:
            if not missing:
                return
            check()
            incoming = pa.table({"digest": list(missing)})
            statement = _OCCURRENCES.format(column=column, source=table.source, digest=DIGEST.format(column))
            for one in snapshot.cursor.sql(statement, params=key.blocks("uid")).to_arrow_table().to_pylist():
                yield {"value": missing.pop(one["digest"]), "uid": one["uid"], "study_key": one["study_key"]}
            del incoming


def _tell(snapshot: Snapshot, objects: pa.Table, found: dict[str, list[Meaning]]) -> None:
    owners = owners_of(snapshot, objects["study_key"]).to_pylist()
    for one, owner in zip(objects.to_pylist(), owners, strict=True):
        found[one["value"]].append(
            Meaning(
                one["level"],
                owner["patient_id"],
                owner["issuer_of_patient_id"],
                owner["study_instance_uid"],
                one["uid"],
                one["orthanc_id"],
            )
        )
