"""References from an object to others: of its content items and of its header (PS3.3 10.3, C.17.2.1, C.18.3).

Pure. Whether a target is present is for the index to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.tree import DataSet
from orthanc_cohorts.flatten.codes import NO_CODE, CodeReader
from orthanc_cohorts.flatten.node import Node
from orthanc_cohorts.flatten.subjects import WHOLE, Subjects
from orthanc_cohorts.model.rows import Row

_REFERENCED_SOP = 0x00081199
_REFERENCED_SERIES = 0x00081115
_REFERENCED_INSTANCE = 0x0008114A
_CURRENT_EVIDENCE = 0x0040A375
_OTHER_EVIDENCE = 0x0040A385
_EVIDENCE = (
    (_CURRENT_EVIDENCE, "evidence"),
    (_OTHER_EVIDENCE, "other_evidence"),
    (0x0040A360, "predecessor"),
    (0x0040A525, "identical"),
)
_FLAT = (0x00081140, 0x00082112, _REFERENCED_INSTANCE)
_PER_FRAME = 0x52009230
_WHOLE_OBJECT = 2
"""Elements of a reference that names class and instance, no part and no purpose."""
_NOTHING_MORE: Row = (None,) * 8
"""No series and study, no part, no purpose."""


def content_references(nodes: list[Node], subjects: Subjects, codes: CodeReader) -> list[Row]:
    """Return a row for every IMAGE, WAVEFORM or COMPOSITE item that names its target."""
    rows: list[Row] = []
    for node in [node for node in nodes if _REFERENCED_SOP in node.item]:
        # Only these three are references; other items that carry the sequence by mistake still say something.
        for target in values.items(node.item, _REFERENCED_SOP):
            place = (node.path, "content", subjects.claim(node))
            if len(target) <= _WHOLE_OBJECT:
                named = (values.word(target, 0x00081150), values.word(target, 0x00081155))
                rows.append(place + named + _NOTHING_MORE)
            else:
                rows.append(place + _target(target) + _parts(target) + codes.first(target, 0x0040A170))
    return rows


def header_references(ds: DataSet, codes: CodeReader, has_content: bool) -> list[Row]:
    """Return a row for every reference of the header, each target once per kind.

    has_content: evidence of a document; its current evidence gives the time of the whole, else the other.
    """
    rows: dict[tuple[str, str | None], Row] = {}
    time_giver = _CURRENT_EVIDENCE if values.items(ds, _CURRENT_EVIDENCE) else _OTHER_EVIDENCE
    for tag, kind in _EVIDENCE:
        for study in values.items(ds, tag):
            study_uid = values.word(study, 0x0020000D)
            for series in values.items(study, _REFERENCED_SERIES):
                series_uid = values.word(series, 0x0020000E)
                for target in values.items(series, _REFERENCED_SOP):
                    subject = WHOLE if tag == time_giver else None
                    purpose = codes.first(target, 0x0040A170)
                    row = (
                        None,
                        kind,
                        subject,
                        *_target(target, series_uid, study_uid),
                        *_parts(target),
                        *purpose,
                    )
                    rows.setdefault((kind, row[4]), row)
    if not has_content:
        for target, series_uid in _sources(ds):
            row = (None, "source", WHOLE, *_target(target, series_uid), *_parts(target), *NO_CODE)
            rows.setdefault(("source", row[4]), row)
    return list(rows.values())


def _sources(ds: DataSet) -> Iterator[tuple[DataSet, str | None]]:
    """Yield (item, series UID) of what an image, segmentation or waveform was made from or speaks of."""
    for series in values.items(ds, _REFERENCED_SERIES):
        series_uid = values.word(series, 0x0020000E)
        for target in values.items(series, _REFERENCED_INSTANCE):
            yield target, series_uid
    for tag in _FLAT:
        for target in values.items(ds, tag):
            yield target, None
    for frame in (*values.items(ds, 0x52009229), *values.items(ds, _PER_FRAME)):
        for derivation in values.items(frame, 0x00089124):
            for target in values.items(derivation, 0x00082112):
                yield target, None


def _target(item: DataSet, series_uid: str | None = None, study_uid: str | None = None) -> Row:
    return values.word(item, 0x00081150), values.word(item, 0x00081155), series_uid, study_uid


def _parts(item: DataSet) -> Row:
    """Return (frames, segments, waveform channels), each None for the whole object."""
    if len(item) <= _WHOLE_OBJECT:
        return None, None, None
    return (
        values.integers(item, 0x00081160) or None,
        values.integers(item, 0x0062000B, b"US") or None,
        values.integers(item, 0x0040A0B0, b"US") or None,
    )
