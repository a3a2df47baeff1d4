"""Describes a dataset for people and machines: data dictionary, Croissant 1.0 and RO-Crate 1.1 metadata.

Knows what a dataset holds, not where it came from; writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson
import pyarrow as pa

from orthanc_cohorts.columns import Flag, Wanted
from orthanc_cohorts.columns.read import type_of
from orthanc_cohorts.datasets.definition import Planned
from orthanc_cohorts.datasets.policy import Policy
from orthanc_cohorts.harmonise import vocabulary_fingerprint

DICTIONARY = "dictionary.json"
CROISSANT = "croissant.json"
CRATE = "ro-crate-metadata.json"
_MEDIA = {".parquet": "application/vnd.apache.parquet", ".json": "application/json", ".md": "text/markdown"}
_PEOPLE = {
    "patient": "The patient: PatientID with issuer, or a keyed pseudonym, as the policy says.",
    "study": "The study: StudyInstanceUID, or a keyed pseudonym of it.",
    "split": "Part of the split that the patient falls into, by keyed hash.",
}
_MANIFEST = {
    "patient": "The patient, as in table.parquet.",
    "name": "Name of the series in the definition.",
    "modality": "Modality of the series.",
    "study_instance_uid": "StudyInstanceUID, or a keyed pseudonym of it.",
    "series_instance_uid": "SeriesInstanceUID, or a keyed pseudonym of it.",
    "sop_instance_uid": "SOPInstanceUID, or a keyed pseudonym of it.",
    "sop_class_uid": "SOPClassUID.",
    "transfer_syntax_uid": "TransferSyntaxUID of the stored file.",
    "instance_number": "InstanceNumber.",
    "size_bytes": "Size of the stored file in bytes.",
    "md5": "MD5 of the stored file.",
    "orthanc_id": "Orthanc's identifier of the instance at the site.",
    "row_study": "The study of the row of table.parquet that the series belongs to.",
}
_CROISSANT_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "isLiveDataset": "cr:isLiveDataset",
    "key": "cr:key",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "repeated": "cr:repeated",
    "source": "cr:source",
    "split": "cr:split",
}


Described = dict[str, Any]
"""A data dictionary: what every column means, holds and was read from; the other files are made of it."""


def dictionary(
    planned: Planned, meanings: Mapping[str, Mapping[str, str]], policy: Policy, generation: int
) -> Described:
    """Return the dictionary of a dataset, before its rows are counted. meanings: of codes, by column."""
    people = ["patient"]
    people += ["study"] if planned.layout.per == "study" else []
    people += ["split"] if planned.asked.split is not None else []
    asked = planned.asked
    about = {
        "title": asked.title or asked.name,
        "description": asked.description
        or f"One row per {planned.layout.per} of a cohort, with columns and series.",
        "license": asked.license,
        "creator": asked.creator,
        "date": asked.date,
    }
    return {
        "name": asked.name,
        **{name: value for name, value in about.items() if value is not None},
        "hash": planned.hash,
        "cohort_hash": planned.cohort.hash,
        "vocabulary": vocabulary_fingerprint(),
        "row": planned.layout.per,
        "generation": generation,
        "policy": policy,
        "label": asked.label,
        "columns": [
            *({"name": name, "description": _PEOPLE[name]} for name in people),
            *(
                {"name": column.name, **_column(column, meanings.get(column.name, {}))}
                for column in planned.layout.columns
            ),
        ],
    }


def counted(described: Described, table: pa.Table, manifest: pa.Table) -> Described:
    """Return a dictionary with what the tables hold now: types, rows, NULLs, parts of the split."""
    columns = [
        {**column, "type": str(table[column["name"]].type), "nulls": table[column["name"]].null_count}
        for column in described["columns"]
    ]
    found = {**described, "rows": table.num_rows, "columns": columns}
    if "split" in table.column_names:
        drawn = table["split"].to_pylist()
        found["split"] = {name: drawn.count(name) for name in sorted(set(drawn))}
    found["manifest"] = {
        "instances": manifest.num_rows,
        "columns": [
            {"name": name, "type": str(manifest[name].type), "description": _MANIFEST[name]}
            for name in manifest.column_names
        ],
    }
    return found


def descriptions(described: Described, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the describing files of a dataset. files: those described, name to content."""
    found = {DICTIONARY: _json(described), "dictionary.md": _markdown(described).encode()}
    listed = {**files, **found}
    found[CROISSANT] = _json(_croissant(described, listed))
    found[CRATE] = _json(_crate(described, {**listed, CROISSANT: found[CROISSANT]}))
    return found


def _column(wanted: Wanted | Flag, meanings: Mapping[str, str]) -> Described:
    if isinstance(wanted, Flag):
        return {"description": "Whether the clause is true.", "kind": "flag", "where": wanted.clause}
    told = f"{wanted.pick} of {wanted.field or 'rows'} of `{wanted.leaf['op']}`"
    found: Described = {"description": told, "kind": type_of(wanted), "of": wanted.leaf, "pick": wanted.pick}
    more = {"field": wanted.field, "unit": wanted.unit, "days": wanted.window, "meanings": dict(meanings)}
    return found | {name: value for name, value in more.items() if value}


def _markdown(found: Described) -> str:
    lines = [
        f"# {found['name']}",
        "",
        f"One row per {found['row']}, {found['rows']} rows. Definition `{found['hash']}`.",
        f"Identifiers: policy `{found['policy']}`."
        + (f" Label: `{found['label']}`." if found["label"] else ""),
        "",
        "| column | type | unit | nulls | meaning |",
        "|---|---|---|---|---|",
    ]
    for column in found["columns"]:
        codes = "; ".join(f"{code}: {text}" for code, text in column.get("meanings", {}).items())
        told = column["description"] + (f". Codes: {codes}" if codes else "")
        cells = (column["name"], column["type"], column.get("unit", ""), str(column["nulls"]), told)
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _about(described: Described) -> Described:
    names = {"name": "title", "description": "description", "license": "license", "creator": "creator"}
    names["datePublished"] = "date"
    return {theirs: described[ours] for theirs, ours in names.items() if ours in described}


def _croissant(described: Described, files: Mapping[str, bytes]) -> Described:
    about = _about(described)
    if "creator" in about:
        about["creator"] = {"@type": "sc:Organization", "name": about["creator"]}
    return {
        "@context": _CROISSANT_CONTEXT,
        "@type": "sc:Dataset",
        **about,
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "version": described["hash"],
        "isLiveDataset": False,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": name,
                "name": name,
                "contentUrl": name,
                "contentSize": f"{len(content)} B",
                "encodingFormat": media_type(name),
                "sha256": sha256(content).hexdigest(),
            }
            for name, content in sorted(files.items())
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "table",
                "name": "table",
                "field": [_field(column) for column in described["columns"]],
            }
        ],
    }


def _field(column: Described) -> Described:
    inner = column["type"].removeprefix("list<").removesuffix(">").rpartition(": ")[2]
    found = {
        "@type": "cr:Field",
        "@id": f"table/{column['name']}",
        "name": column["name"],
        "description": column["description"],
        "dataType": _data_type(inner),
        "source": {"fileObject": {"@id": "table.parquet"}, "extract": {"column": column["name"]}},
    }
    return found | ({"repeated": True} if column["type"].startswith("list<") else {})


def _data_type(arrow: str) -> str:
    """Return what Croissant calls an Arrow type."""
    kinds = {"bool": "Boolean", "int": "Integer", "double": "Float", "date": "Date", "timestamp": "DateTime"}
    return "sc:" + next((kind for start, kind in kinds.items() if arrow.startswith(start)), "Text")


def _crate(described: Described, files: Mapping[str, bytes]) -> Described:
    about = _about(described)
    people = []
    if "creator" in about:
        people = [{"@id": "#creator", "@type": "Organization", "name": about["creator"]}]
        about["creator"] = {"@id": "#creator"}
    parts = [
        {
            "@id": name,
            "@type": "File",
            "name": name,
            "encodingFormat": media_type(name),
            "contentSize": str(len(content)),
            "sha256": sha256(content).hexdigest(),
        }
        for name, content in sorted(files.items())
    ]
    return {
        "@context": "https://w3id.org/ro/crate/1.1/context",
        "@graph": [
            {
                "@id": CRATE,
                "@type": "CreativeWork",
                "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
                "about": {"@id": "./"},
            },
            {
                "@id": "./",
                "@type": "Dataset",
                **about,
                "identifier": described["hash"],
                "hasPart": [{"@id": part["@id"]} for part in parts],
            },
            *parts,
            *people,
        ],
    }


def media_type(name: str) -> str:
    """Return the media type of a file of a dataset."""
    return next((kind for ending, kind in _MEDIA.items() if name.endswith(ending)), "text/plain")


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
