"""What may stand in a dataset: the identifier policy of the site, as an allow-list of fields.

Knows fields by name, no values. `keep`: everything as it is. `pseudonymise`: listed fields, identifiers by
keyed pseudonyms, dates shifted per patient. `drop`: listed fields without identifiers, dates and times.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from orthanc_cohorts.cohort import Detail
from orthanc_cohorts.cohort.clauses import LEAVES
from orthanc_cohorts.cohort.leaf import properties
from orthanc_cohorts.cohort.properties import Code, Day, Number
from orthanc_cohorts.columns import Flag, Wanted
from orthanc_cohorts.columns.wanted import DAYS, SERIES, TIME, UIDS

Policy = Literal["keep", "pseudonymise", "drop"]
_TEXTS = {
    "patient": {"sex", "ethnic_group"},
    "study": {"modality"},
    "series": {
        "modality", "body_part", "laterality", "sop_class", "transfer_syntax", "manufacturer", "model",
        "image_type", "convolution_kernel", "scanning_sequence", "sequence_name", "software_versions",
        "view_position", "radiopharmaceutical", "contrast_route",
    },
    "waveform": {"modality", "originality", "source"},
    "segment": {"algorithm_type", "segmentation_type"},
    "document": {"template", "completion", "verification", "preliminary", "current"},
    "roi": {"kind", "interpreted_type", "generation", "graphic_type"},
}  # fmt: skip
"""Texts that PS3.15 table E.1-1 leaves, or leaves with the options for patient and device characteristics."""
_UIDS = {"series": {"frame_of_reference_uid"}, "segment": {"tracking_uid"}, "roi": {"frame_of_reference_uid"}}
_HIDDEN = {"patient": {"birth_date"}, "attribute": {"text", "date"}}


def kind_of_identifier(column: Wanted) -> Literal["uid", "time", ""]:
    """Return whether a column holds UIDs that identify, points in time, or neither."""
    field, kind = column.field, column.property
    if field in UIDS or field in _UIDS.get(column.leaf["op"], ()):
        return "uid"
    return "time" if field == TIME or isinstance(kind, Day) else ""


def refused(columns: Iterable[Wanted | Flag], policy: Policy) -> list[Detail]:
    """Return the columns that a policy does not let out, each with a pointer and what to do."""
    if policy == "keep":
        return []
    return [
        Detail(f"/columns/{number}", f"{reason}: the site's policy for datasets is {policy}")
        for number, column in enumerate(columns)
        if isinstance(column, Wanted) and (reason := _reason(column, policy))
    ]


def _reason(column: Wanted, policy: Policy) -> str:
    """Return why a column may not stand in a dataset; "" where it may."""
    op, field = column.leaf["op"], column.field
    if column.pick in ("count", "exists") or field in ("", DAYS, SERIES):
        return ""
    if field in _HIDDEN.get(op, ()):
        return f"{field} of `{op}` identifies"
    identifier = kind_of_identifier(column)
    if identifier:
        advice = "ask for `days` after an anchor" if identifier == "time" else "leave it out"
        return f"{field} identifies; {advice}" if policy == "drop" else ""
    kind = properties(LEAVES[op])[field]
    if isinstance(kind, Number | Code) or field in _TEXTS.get(op, ()):
        return _private(column)
    return f"{field} of `{op}` is free text, which may name people"


def _private(column: Wanted) -> str:
    tag = column.leaf.get("tag", "") if column.leaf["op"] == "attribute" else ""
    odd = any(int(part[3], 16) % 2 for part in tag.split(".") if part)
    return "private elements are no safe attributes" if odd else ""
