"""A NIfTI volume as a series of CT or MR images in an outbox.

Knows which objects make one series and what tells its versions apart; nothing of attributes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

from pydicom.dataset import Dataset

from orthanc_cohorts.convert.encoding import encoded
from orthanc_cohorts.convert.header import Context, series_uid, uid
from orthanc_cohorts.convert.nifti.grid import Grid, grid
from orthanc_cohorts.convert.nifti.kind import Kind
from orthanc_cohorts.convert.nifti.multi_frame import volume
from orthanc_cohorts.convert.nifti.single_frame import slices
from orthanc_cohorts.convert.nifti.source import Source
from orthanc_cohorts.convert.nifti.stored import Stored, stored
from orthanc_cohorts.convert.outbox import Outbox, file_name
from orthanc_cohorts.convert.problem import Problem, attempt
from orthanc_cohorts.errors import ConversionError


def put_image(
    source: Source, key: str, context: Context, kind: Kind, outbox: Outbox, quantise: bool = False
) -> tuple[Context, Stored]:
    """Put the images of a volume into an outbox; return the context of their series and their values' form.

    key: what tells the series from others of its study. context: without UID and modality of the series; the
    UID follows from the key and all that the images hold: two versions in one series would make no volume.
    Raises ConversionError: values have no exact form and quantise is not asked for, or a moment is lacking.
    """
    placed = grid(source.affine, source.voxels.shape, source.slices)
    problems: list[object] = [Problem(source.name, what) for what in _too_large(placed, kind)]
    if problems:
        raise ConversionError(*problems)
    form = attempt(lambda: stored(source, quantise), problems)
    if kind.is_enhanced and kind.moment is None:
        what = "an enhanced image states a time (type 1): say with --time when it was taken"
        problems.append(Problem(source.name, what))
    if form is None or problems:
        raise ConversionError(*problems)
    version = _version(
        source, placed, form, _objects(source, placed, form, _in_series(context, kind, key), kind)
    )
    named = _in_series(context, kind, f"{key}\x1f{version}")
    folder = file_name(key, version[:8])
    for ds in _objects(source, placed, form, named, kind):
        number = int(ds.InstanceNumber)
        outbox.put(("nifti image", named.series.uid, str(number)), f"{folder}/{number:04d}.dcm", ds)
    return named, form


def _objects(source: Source, placed: Grid, form: Stored, context: Context, kind: Kind) -> Iterator[Dataset]:
    where = _frame_of_reference(context, kind)
    if kind.is_enhanced:
        yield volume(source, placed, form, context, kind, where)
    else:
        yield from slices(source, placed, form, context, kind, where)


def _too_large(placed: Grid, kind: Kind) -> Iterator[str]:
    """Yield what is larger than DICOM can say: Rows and Columns (US), the length of Pixel Data."""
    slices, rows, columns = placed.shape
    if max(rows, columns) >= 2**16:
        yield f"slices of {rows} x {columns} pixels are too large: 65535 are the most of a row or column"
    if kind.is_enhanced and 2 * slices * rows * columns >= 2**32 - 1:
        yield "it is too large for one object (4 GiB): leave out --enhanced"


def _version(source: Source, placed: Grid, form: Stored, objects: Iterator[Dataset]) -> str:
    """Return a digest of all that a series holds: the first object, which states the grid, and all values."""
    digest = sha256(encoded(next(objects)).digest.encode())
    arranged = placed.arranged(source.voxels)
    for at in range(placed.shape[0]):
        digest.update(form.encode(arranged[at]).tobytes())
    return digest.hexdigest()


def _in_series(context: Context, kind: Kind, key: str) -> Context:
    series = replace(context.series, uid=series_uid(context.study.uid, key), modality=kind.modality)
    return replace(context, series=series)


def _frame_of_reference(context: Context, kind: Kind) -> str:
    """Return the UID of the coordinate system: of a name that volumes share, or of this series alone."""
    if kind.frame_of_reference is not None:
        return uid("frame of reference", context.study.uid, "shared", kind.frame_of_reference)
    return uid("frame of reference", context.study.uid, "series", context.series.uid)
