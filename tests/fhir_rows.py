"""An archive with reports in memory, a frozen version of it, and its export, for tests of FHIR.

Knows rows; freezes and exports by the real code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from fhir.resources.R4B import get_fhir_model_class

from cohort_rows import MemoryIndex, Row, Rows
from dataset_rows import KEY, archive, definition
from orthanc_cohorts.cohort import Engine
from orthanc_cohorts.datasets import Archive, Version, freeze, parse_dataset
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.fhir import EVERYTHING, export, people
from orthanc_cohorts.harmonise import canonical_concept

Resource = dict[str, Any]
SECRETS = (
    "HOSP-000", "1.2.77.", "1.2.88.", "1.2.99.", "1.2.44.", "1.2.33.", "ACME^", "ACC1", "orthanc-0",
    "2019-03", "1950-", "Lesion of Mrs Doe", "Dear colleague", "Doe^Jane", "CT of Mrs Doe",
)  # fmt: skip
TAKEN = datetime(2019, 3, 1, 8, 30)


def coded(**codes: str) -> Row:
    """Columns of codes given as `SCHEME|code|meaning`."""
    row: Row = {}
    for name, text in codes.items():
        scheme, code, meaning = text.split("|")
        row |= {f"{name}_scheme": scheme, f"{name}_code": code, f"{name}_meaning": meaning}
        row[name] = canonical_concept(scheme, code)
    return row


def reported() -> Rows:
    """The archive of twelve patients; the first has a verified report with a group, values and texts."""
    rows = archive()
    for row in rows.tables["patient"]:
        row.update(patient_sex="F", patient_birth_date=datetime(1950, 6, 1).date())
    for row in rows.tables["study"]:
        row.update(modalities=["CT", "SR"], patient_name="Doe^Jane", study_description="CT of Mrs Doe")
    for row in rows.tables["series"]:
        row.update(series_description="CT of Mrs Doe", laterality="L", body_part="SCT|51185008",
                   body_part_source="text", body_part_examined="CHEST", series_time=TAKEN)  # fmt: skip
    keys = rows.instance(0, 50, uid="1.2.44.1")
    rows.tables["instance"][-1].update(series_instance_uid="1.2.33.1")
    rows.add("subject", **keys, subject=0, event_time=TAKEN, event_time_precision="second")
    said = {**keys, "subject": 0}
    rows.add(
        "document", **keys, **coded(title="DCM|126000|Imaging Measurement Report"),
        completion_flag="COMPLETE", verification_flag="VERIFIED", language_scheme="RFC5646",
        language_code="en-US",
    )  # fmt: skip
    rows.add("reference", **keys, kind="content", path="1.2", target_sop_instance_uid="1.2.99.0.0")
    rows.add("observation_group", **said, path="1.1", tracking_uid="1.2.44.9",
             tracking_identifier="Lesion of Mrs Doe", **coded(finding="SRT|M-03010|Nodule"))  # fmt: skip
    rows.add("observation_group", **said, path="1.1.9", parent_group_path="1.1")
    rows.fact("measurement", 0, of=keys, subject=0, value_index=1, value=1.5, unit="cm", unit_canonical="mm",
              value_canonical=15.0, group_path="1.1.9", unit_scheme="UCUM", unit_code="cm",
              unit_meaning="centimeter",
              **coded(concept="SCT|410668003|Length", derivation="SCT|373098007|Mean",
                      site="SCT|39607008|Lung", laterality="SCT|7771000|Left",
                      method="99ACME@acme corp|M1|by hand"))  # fmt: skip
    rows.tables["measurement"][-1]["path"] = "1.1.2"
    rows.add("measurement", **said, path="1.1.2.1", value_index=1, property_of="1.1.2", group_path="1.1",
             **coded(concept="DCM|121401|Derivation", qualifier="DCM|114007|Not attempted"))  # fmt: skip
    rows.add("evaluation", **said, path="1.3",
             **coded(concept="DCM|121071|Finding", value="SCT|399020009|Dilated"))  # fmt: skip
    rows.add("text_item", **said, path="1.4", text="Dear colleague, Doe^Jane is well",
             **coded(concept="DCM|121106|Comment"))  # fmt: skip
    return rows


def kept(
    root: Path, index: MemoryIndex, policy: Policy = "pseudonymise", **more: Any
) -> tuple[Archive, Version]:
    """Freeze the usual dataset of an index into an archive on disk."""
    store = Archive(root)
    columns = [{"name": "ef", "of": {"op": "measurement", "concept": "SCT|10230-1"}, "unit": "%"}]
    asked = definition(**{"columns": columns, "label": None, **more})
    with index.read() as snapshot:
        found = freeze(snapshot, Engine(), parse_dataset(asked), policy, KEY, lambda: None)
    return store, store.add("hearts", found, None)[0]


def exported(index: MemoryIndex, store: Archive, version: Version, kind: str = EVERYTHING) -> bytes:
    """Export a version."""
    with index.read() as snapshot:
        universe = Engine().universe(snapshot)
        found = people(snapshot, universe, store, version, KEY, lambda: None)
        return b"".join(export(snapshot, found, kind, lambda: None))


def resources(lines: bytes, kind: str = "") -> list[Resource]:
    """Parse lines, of one kind or of all; every one is validated by fhir.resources."""
    found = [json.loads(line) for line in lines.splitlines()]
    for one in found:
        get_fhir_model_class(one["resourceType"]).model_validate(one)
    return [one for one in found if kind in ("", one["resourceType"])]


def references(value: Any) -> Iterator[str]:
    """Yield every reference in a JSON value."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def unresolved(found: list[Resource]) -> list[str]:
    """Return the references that lead to none of some resources."""
    known = {f"{one['resourceType']}/{one['id']}" for one in found}
    return [one for one in references(found) if one not in known]
