"""`participant` rows: who and what observed, wrote or verified a document.

Pure. Sources: PS3.3 C.17.2 for the header, PS3.16 TID 1001 to 1004 for the content.
"""

from __future__ import annotations

from typing import Any

from orthanc_cohorts.dicom import times, values
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.tree import DataSet
from orthanc_cohorts.flatten.codes import NO_CODE, CodeReader
from orthanc_cohorts.flatten.findings import Findings
from orthanc_cohorts.flatten.node import Node
from orthanc_cohorts.model.rows import Row

_OBSERVER_TYPE = "121005"
_PARTS = {
    "121008": ("person", "name"),
    "121009": ("person", "organization"),
    "121010": ("person", "organization_role"),
    "121011": ("person", "procedure_role"),
    "121012": ("device", "uid"),
    "121013": ("device", "name"),
    "121014": ("device", "manufacturer"),
    "121015": ("device", "model"),
    "121016": ("device", "serial"),
    "121017": ("device", "location"),
}
"""Concepts of TID 1003 and 1004 (all DCM) to the kind of observer and the part of it that they state."""
OBSERVER_CODES = frozenset({_OBSERVER_TYPE, *_PARTS})
"""The codes of these concepts."""
_KINDS = {"121006": "person", "121007": "device"}
_OBSERVERS = (
    (0x0040A073, "verifier", 0x0040A075, 0x0040A088, 0x0040A030, 0x0040A027),
    (0x0040A078, "author", 0x0040A123, 0x00401101, None, 0x00080080),
    (0x0040A07A, "participant", 0x0040A123, 0x00401101, 0x0040A082, 0x00080080),
    (0x0040A07C, "custodian", 0x0040A123, 0x00080082, None, 0x00080080),
)
"""Sequence, role, and where its items have name, identification, time and organization."""


def header_participants(ds: DataSet, decoder: Decoder, codes: CodeReader, findings: Findings) -> list[Row]:
    """Return a row per verifying observer, author, participant and custodian of the header."""
    rows: list[Row] = []
    for tag, role, name, identification, time_tag, organization in _OBSERVERS:
        for item in values.items(ds, tag):
            time = values.word(item, time_tag) if time_tag is not None else None
            moment = times.parse_datetime(time)
            if time and moment is None:
                findings.add("time-unreadable", "ignored", tag=time_tag)
            device = values.word(item, 0x0040A084) == "DEV"
            rows.append(
                (
                    None,
                    values.word(item, 0x0040A080) if role == "participant" else None,
                    role,
                    "device" if device else "organization" if role == "custodian" else "person",
                    values.text(item, name, decoder),
                    *codes.first(item, identification),
                    values.text(item, organization, decoder),
                    *NO_CODE,
                    *NO_CODE,
                    values.word(item, 0x00181002),
                    values.text(item, 0x00080070, decoder),
                    values.text(item, 0x00081090, decoder),
                    values.text(item, 0x00181000, decoder),
                    values.text(item, 0x00081010, decoder),
                    moment and moment.time,
                )
            )
    return rows


def content_participants(describing: list[Node]) -> list[Row]:
    """Return a row per observer that the content names, with the path of the item that it observes for.

    describing: in document order, at least the items whose concept has one of OBSERVER_CODES.
    Items of one observer follow each other; an Observer Type, or a part stated again, begins the next one.
    """
    found: list[tuple[str, dict[str, Any]]] = []
    open_observers: dict[Node, dict[str, Any]] = {}
    for node in describing:
        code = node.concept.code
        if code not in OBSERVER_CODES or node.concept.scheme != "DCM" or node.parent is None:
            continue
        observer = open_observers.get(node.parent)
        if code == _OBSERVER_TYPE:
            observer = {"kind": _KINDS.get(node.value_code.code or "")}
        else:
            kind, part = _PARTS[code]
            if observer is None or part in observer or observer["kind"] not in (None, kind):
                observer = {"kind": kind}
            observer["kind"] = kind
            observer[part] = node.value_code if node.value_type == "CODE" else node.text
        if observer is not open_observers.get(node.parent):
            open_observers[node.parent] = observer
            found.append((node.parent.path, observer))
    return [_observer(path, parts) for path, parts in found if len(parts) > 1]


def _observer(path: str, parts: dict[str, Any]) -> Row:
    return (
        path,
        None,
        "observer",
        parts["kind"],
        parts.get("name"),
        *NO_CODE,
        parts.get("organization"),
        *parts.get("organization_role", NO_CODE),
        *parts.get("procedure_role", NO_CODE),
        parts.get("uid"),
        parts.get("manufacturer"),
        parts.get("model"),
        parts.get("serial"),
        parts.get("location"),
        None,
    )
