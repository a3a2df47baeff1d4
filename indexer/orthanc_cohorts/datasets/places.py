"""Where the files of a dataset lie once they are fetched: patient, name of the series as asked, series.

Knows names; touches no file. What a dataset calls its patients and series may hold any characters, so names
are made safe for every file system without two becoming one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import quote

import pyarrow as pa

_LONGEST = 120
_RESERVED = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    *(f"{name}{number}" for name in ("COM", "LPT") for number in "123456789"),
}
_UIDS = ("series_instance_uid", "sop_instance_uid")


def places(manifest: pa.Table) -> list[PurePosixPath]:
    """Return, row by row of a manifest, where its file lies: patient/series name/series UID/SOP UID.dcm.

    Rows of one instance share a place when they share patient and name; different instances never do.
    """
    columns = {
        name: [text or "" for text in manifest[name].to_pylist()] for name in ("patient", "name", *_UIDS)
    }
    named = {name: folder_names(texts) for name, texts in columns.items()}
    parts = [
        [named[name][text] for name, text in zip(columns, row, strict=True)]
        for row in zip(*columns.values(), strict=True)
    ]
    found = [PurePosixPath(*row[:3], f"{row[3]}.dcm") for row in parts]
    studies: defaultdict[PurePosixPath, set[str]] = defaultdict(set)
    owners = [study or "" for study in manifest["study_instance_uid"].to_pylist()]
    for place, study in zip(found, owners, strict=True):
        studies[place].add(study)
    # One SOPInstanceUID in one series in two studies: no standard allows it, archives hold it.
    return [
        place.with_stem(f"{place.stem}~{_digest(study, 8)}") if len(studies[place]) > 1 else place
        for place, study in zip(found, owners, strict=True)
    ]


def folder_names(texts: Iterable[str]) -> Mapping[str, str]:
    """Return a file name for each text, also where upper and lower case are one."""
    named = {text: safe_name(text) for text in set(texts)}
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for text, name in named.items():
        alike[name.casefold()].append(text)
    for group in alike.values():
        if len(group) > 1:
            named.update({text: f"{named[text]}~{_digest(text, 8)}" for text in group})
    return named


def safe_name(text: str) -> str:
    """Return a text as a file name: letters, digits and `_-.` stay, other bytes are written %XX (UTF-8).

    No two texts have one name; a long one ends with `~` and a part of its SHA-256.
    """
    name = quote(text, safe="").replace("~", "%7E")
    if not name:
        return "%"
    if name[0] == "." or name.partition(".")[0].upper() in _RESERVED:
        name = f"%{ord(name[0]):02X}{name[1:]}"
    if name[-1] == ".":
        name = f"{name[:-1]}%2E"
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}~{_digest(text, 32)}"


def _digest(text: str, digits: int) -> str:
    return sha256(text.encode()).hexdigest()[:digits]
