"""`dataset label`: writes into Orthanc which part of a split each patient falls into.

As labels of patients where Orthanc knows them (1.12 and later), else as one user-defined metadata of the
patient, a JSON object from name of the dataset to part. Knows the files of a dataset and Orthanc's REST API.
"""

from __future__ import annotations

import json
import re
from collections import Counter

import pyarrow as pa

from orthanc_cohorts.cli.connection import Orthanc
from orthanc_cohorts.cli.fetch import Manifest
from orthanc_cohorts.errors import DatasetError, OrthancUnavailable

METADATA = 4242
"""Number of the metadata; Orthanc leaves those from 1024 on to its users."""


def label(orthanc: Orthanc, manifest: Manifest, table: pa.Table, name: str) -> Counter[str]:
    """Write the parts of a dataset's patients; return how many patients each part has, `unknown` among them.

    Unknown is a patient without a file in the manifest, whom Orthanc cannot be told of.
    Raises DatasetError: the dataset has no split. OrthancUnavailable: a part was not written.
    """
    if "split" not in table.column_names:
        raise DatasetError("this dataset has no split; freeze one with `split`")
    instances = dict(
        zip(
            reversed(manifest.rows["patient"].to_pylist()),
            reversed(manifest.walk["orthanc_id"].to_pylist()),
            strict=True,
        )
    )
    has_labels = bool(orthanc.get("/system").get("HasLabels"))
    parts = dict(zip(table["patient"].to_pylist(), table["split"].to_pylist(), strict=True))
    counts: Counter[str] = Counter()
    for patient, part in parts.items():
        instance = instances.get(patient)
        counts[part if instance else "unknown"] += 1
        if instance is None:
            continue
        path = f"/patients/{orthanc.get(f'/instances/{instance}/patient')['ID']}"
        (_labelled if has_labels else _noted)(orthanc, path, name, part)
    return counts


def _labelled(orthanc: Orthanc, path: str, name: str, part: str) -> None:
    prefix = re.sub(r"[^A-Za-z0-9_-]", "-", name) + "-"
    wanted = (prefix + re.sub(r"[^A-Za-z0-9_-]", "-", part))[:64]
    for old in orthanc.get(f"{path}/labels"):
        if old.startswith(prefix) and old != wanted:
            _sent(orthanc, "DELETE", f"{path}/labels/{old}", None)
    _sent(orthanc, "PUT", f"{path}/labels/{wanted}", b"")


def _noted(orthanc: Orthanc, path: str, name: str, part: str) -> None:
    answer = orthanc.request("GET", f"{path}/metadata/{METADATA}")
    try:
        known = json.loads(answer.content) if answer.status_code == 200 else {}
    except ValueError:
        known = None
    if not isinstance(known, dict):
        raise OrthancUnavailable(f"{path}/metadata/{METADATA} is used for something else here")
    _sent(orthanc, "PUT", f"{path}/metadata/{METADATA}", json.dumps({**known, name: part}).encode())


def _sent(orthanc: Orthanc, method: str, path: str, content: bytes | None) -> None:
    answer = orthanc.request(method, path, content)
    if answer.status_code != 200:
        raise OrthancUnavailable(f"{method} {path} was answered with {answer.status_code}")
