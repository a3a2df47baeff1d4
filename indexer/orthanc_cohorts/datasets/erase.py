"""Forgets a patient: new versions without the rows of one person, and nothing left of the versions with them.

Works on frozen files alone, so that everything else in them stays as it was frozen. Knows no index.
"""

from __future__ import annotations

from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel

from orthanc_cohorts.datasets import parquet
from orthanc_cohorts.datasets.archive import Archive, Version
from orthanc_cohorts.datasets.describe import DICTIONARY
from orthanc_cohorts.datasets.freeze import (
    DEFINITION,
    MANIFEST,
    TABLE,
    Frozen,
    packed,
    plain,
    total_size,
)
from orthanc_cohorts.datasets.pseudonyms import Pseudonyms, identity


class Erased(BaseModel):
    """What became of a dataset. erased: versions whose files are gone. successor: the one that follows."""

    name: str
    erased: list[int]
    successor: int


def erase(
    archive: Archive, key: Pseudonyms, patient_id: str, issuer: str | None, owner: str | None
) -> list[Erased]:
    """Forget a patient in every version of every dataset; return the datasets that held one.

    issuer: of the patient id; None where it has none. owner: who asked. Raises OSError.
    """
    found = []
    for name in archive.names():
        versions = [one for one in archive.versions(name) if one.state == "frozen"]
        holding = [one for one in versions if _holds(archive, one, key, patient_id, issuer)]
        if not holding:
            continue
        newest = versions[-1]
        if newest in holding:
            kept = _without(archive, newest, _named(archive, newest, key, patient_id, issuer))
            newest, _ = archive.add(name, kept, owner, predecessor=newest.version)
        for one in holding:
            archive.forget(one, newest.version)
        found.append(Erased(name=name, erased=[one.version for one in holding], successor=newest.version))
    return found


def _holds(archive: Archive, version: Version, key: Pseudonyms, patient_id: str, issuer: str | None) -> bool:
    patients = parquet.read(archive.held(version, TABLE), columns=["patient"])["patient"]
    return _named(archive, version, key, patient_id, issuer) in set(patients.to_pylist())


def _named(archive: Archive, version: Version, key: Pseudonyms, patient_id: str, issuer: str | None) -> str:
    """Return what a patient is called in a version."""
    described = _described(archive, version)
    if described["policy"] == "keep":
        return plain(patient_id, issuer)
    covering = key.unlinkable(version.hash) if described["policy"] == "drop" else key
    return covering.of_patient(identity(patient_id, issuer, None))


def _without(archive: Archive, version: Version, patient: str) -> Frozen:
    table, manifest = (parquet.read(archive.held(version, name)) for name in (TABLE, MANIFEST))
    crosswalk = archive.crosswalk(version.name, version.version)
    kept = pc.not_equal(manifest["patient"], patient)
    walk = parquet.read(crosswalk) if crosswalk is not None else pa.table({"sop_instance_uid": []})
    table, manifest = table.filter(pc.not_equal(table["patient"], patient)), manifest.filter(kept)
    definition = archive.held(version, DEFINITION).read_bytes()
    files = packed(_described(archive, version), definition, table, manifest)
    parts = orjson.loads(files[DICTIONARY]).get("split") or {}
    return Frozen(
        version.hash,
        version.generation,
        files,
        parquet.written(walk.filter(kept) if crosswalk is not None else walk),
        table.num_rows,
        manifest.num_rows,
        total_size(manifest),
        parts,
        (),
    )


def _described(archive: Archive, version: Version) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(archive.held(version, DICTIONARY).read_bytes())
    return found
