"""Describes a dataset for people and machines: data dictionary, Croissant 1.0 and RO-Crate 1.1 metadata.

Knows what a dataset holds, not where it came from; writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
import pyarrow as pa

from orthanc_cohorts.columns import Flag, Wanted
from orthanc_cohorts.columns.read import type_of
from orthanc_cohorts.datasets.definition import Planned
from orthanc_cohorts.datasets.policy import Policy

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


@dataclass(frozen=True, slots=True)
class Facts:
    """What is to be described. meanings: of codes, by column. parts: rows by part of the split."""

    planned: Planned
    meanings: Mapping[str, Mapping[str, str]]
    policy: Policy
    table: pa.Table
    manifest: pa.Table
    generation: int
    parts: Mapping[str, int]

    @property
    def title(self) -> str:
        """What people call it."""
        return self.planned.asked.title or self.planned.asked.name


def descriptions(facts: Facts, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the describing files of a dataset. files: those described, name to content."""
    columns = dictionary(facts)
    found = {DICTIONARY: _json(columns), "dictionary.md": _markdown(columns).encode()}
    described = {**files, **found}
    found[CROISSANT] = _json(_croissant(facts, columns, described))
    found[CRATE] = _json(_crate(facts, {**described, CROISSANT: found[CROISSANT]}))
    return found


def dictionary(facts: Facts) -> dict[str, Any]:
    """Return what every column means, holds and was read from."""
    planned = facts.planned
    wanted = {column.name: column for column in planned.layout.columns}
    columns = []
    for name in facts.table.column_names:
        values = facts.table[name]
        found: dict[str, Any] = {"name": name, "type": str(values.type), "nulls": values.null_count}
        columns.append(
            found | (_column(wanted[name], facts) if name in wanted else {"description": _PEOPLE[name]})
        )
    return {
        "name": planned.asked.name,
        "hash": planned.hash,
        "cohort_hash": planned.cohort.hash,
        "row": planned.layout.per,
        "rows": facts.table.num_rows,
        "generation": facts.generation,
        "policy": facts.policy,
        "label": planned.asked.label,
        "split": dict(facts.parts) or None,
        "columns": columns,
        "manifest": {
            "instances": facts.manifest.num_rows,
            "columns": [
                {"name": name, "type": str(facts.manifest[name].type), "description": _MANIFEST[name]}
                for name in facts.manifest.column_names
            ],
        },
    }


def _column(wanted: Wanted | Flag, facts: Facts) -> dict[str, Any]:
    if isinstance(wanted, Flag):
        return {"description": "Whether the clause is true.", "kind": "flag", "where": wanted.clause}
    field = wanted.field or "rows"
    told = f"{wanted.pick} of {field} of `{wanted.leaf['op']}`"
    found: dict[str, Any] = {
        "description": told,
        "kind": type_of(wanted),
        "of": wanted.leaf,
        "pick": wanted.pick,
    }
    more = {"field": wanted.field, "unit": wanted.unit, "days": wanted.window}
    found |= {name: value for name, value in more.items() if value}
    meanings = facts.meanings.get(wanted.name)
    return found | ({"meanings": dict(meanings)} if meanings else {})


def _markdown(found: dict[str, Any]) -> str:
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


def _about(facts: Facts) -> dict[str, Any]:
    asked = facts.planned.asked
    described = (
        asked.description or f"One row per {facts.planned.layout.per} of a cohort, with columns and series."
    )
    found = {"name": facts.title, "description": described}
    more = {"license": asked.license, "creator": asked.creator, "datePublished": asked.date}
    return found | {name: value for name, value in more.items() if value is not None}


def _croissant(facts: Facts, columns: dict[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    fields = [_field(column, facts.table[column["name"]].type) for column in columns["columns"]]
    about = _about(facts)
    if "creator" in about:
        about["creator"] = {"@type": "sc:Organization", "name": about["creator"]}
    return {
        "@context": _CROISSANT_CONTEXT,
        "@type": "sc:Dataset",
        **about,
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "version": facts.planned.hash,
        "isLiveDataset": False,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": name,
                "name": name,
                "contentUrl": name,
                "contentSize": f"{len(content)} B",
                "encodingFormat": _media(name),
                "sha256": sha256(content).hexdigest(),
            }
            for name, content in sorted(files.items())
        ],
        "recordSet": [
            {"@type": "cr:RecordSet", "@id": "table", "name": "table", "field": fields},
        ],
    }


def _field(column: dict[str, Any], kind: pa.DataType) -> dict[str, Any]:
    repeated = pa.types.is_list(kind)
    found = {
        "@type": "cr:Field",
        "@id": f"table/{column['name']}",
        "name": column["name"],
        "description": column["description"],
        "dataType": _data_type(kind.value_type if repeated else kind),
        "source": {"fileObject": {"@id": "table.parquet"}, "extract": {"column": column["name"]}},
    }
    return found | ({"repeated": True} if repeated else {})


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    if pa.types.is_floating(kind):
        return "sc:Float"
    return "sc:Date" if pa.types.is_temporal(kind) else "sc:Text"


def _crate(facts: Facts, files: Mapping[str, bytes]) -> dict[str, Any]:
    about = _about(facts)
    people = []
    if "creator" in about:
        people = [{"@id": "#creator", "@type": "Organization", "name": about["creator"]}]
        about["creator"] = {"@id": "#creator"}
    parts = [
        {
            "@id": name,
            "@type": "File",
            "name": name,
            "encodingFormat": _media(name),
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
                "identifier": facts.planned.hash,
                "hasPart": [{"@id": part["@id"]} for part in parts],
            },
            *parts,
            *people,
        ],
    }


def _media(name: str) -> str:
    return next(kind for ending, kind in _MEDIA.items() if name.endswith(ending))


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
