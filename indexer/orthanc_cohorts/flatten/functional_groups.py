"""Functional groups of enhanced multi-frame objects: what holds for the object as a whole (PS3.3 C.7.6.16).

Pure. A value is that of the shared group, else the one that all frames agree on.
"""

from __future__ import annotations

from collections.abc import Iterator

from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.tree import DataSet, Value

SHARED = 0x52009229
PER_FRAME = 0x52009230


def frame_items(ds: DataSet, macro: int) -> Iterator[DataSet]:
    """Yield the items of a functional group macro, of the shared group else frame by frame."""
    shared = values.items(values.first_item(ds, SHARED), macro)
    if shared:
        yield from shared
        return
    for frame in values.items(ds, PER_FRAME):
        yield from values.items(frame, macro)


def agreed(ds: DataSet, macro: int, tag: int) -> DataSet:
    """Return a data set with the value of a tag of a macro, empty where frames differ or none states it."""
    found: Value = None
    for item in frame_items(ds, macro):
        value = item.get(tag)
        if value is None or (found is not None and value != found):
            return {}
        found = value
    return {} if found is None else {tag: found}


def macros(ds: DataSet) -> frozenset[int]:
    """Return the macros of the shared group and of the first frame; frames of one object have the same."""
    frames = values.items(ds, PER_FRAME)
    return frozenset(values.first_item(ds, SHARED)).union(frames[0] if frames else ())


def is_multi_frame(ds: DataSet) -> bool:
    """Whether an object has functional groups at all."""
    return SHARED in ds or PER_FRAME in ds
