"""From files to files: a NIfTI becomes a series of images, or a segmentation of one.

Knows the order of the work; nothing of how any of it is done, nor of a terminal.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from orthanc_cohorts.convert.header import Context
from orthanc_cohorts.convert.nifti.image import put_image
from orthanc_cohorts.convert.nifti.kind import Kind
from orthanc_cohorts.convert.nifti.labels import label_map
from orthanc_cohorts.convert.nifti.reference import reference
from orthanc_cohorts.convert.nifti.segmentation import Plan, put_segmentation
from orthanc_cohorts.convert.nifti.sidecar import Sidecar, sidecar
from orthanc_cohorts.convert.nifti.source import source
from orthanc_cohorts.convert.nifti.space import Transform
from orthanc_cohorts.convert.outbox import Counts, Outbox
from orthanc_cohorts.convert.problem import attempt
from orthanc_cohorts.errors import ConversionError


class Converted(NamedTuple):
    """What became of a file. notes: what a person should know of it."""

    counts: Counts
    notes: tuple[str, ...]


def convert_image(
    path: Path,
    out: Path,
    context: Context,
    kind: Kind,
    key: str | None = None,
    volume: int | None = None,
    transform: Transform | None = None,
    quantise: bool = False,
    beside: Path | None = None,
) -> Converted:
    """Write a volume as CT or MR images.

    out: the folder. context: whose it is; the UID of its series is made here. key: what tells the series from
    others of its study, default: the name of the file. volume, transform: see `source.source`. quantise: see
    `stored.stored`. beside: a sidecar of BIDS.
    Raises ConversionError: all that is wrong; nothing is written then. OSError.
    """
    problems: list[object] = []
    found = attempt(lambda: source(path, transform, volume), problems)
    said = Sidecar({}, ())
    if beside is not None:
        said = attempt(lambda: sidecar(beside, kind.modality), problems) or said
    if found is None or problems:
        raise ConversionError(*problems)
    kind = replace(kind, acquired={**kind.acquired, **said.attributes})
    with Outbox(out) as outbox:
        _, form = put_image(found, key or stem(path), context, kind, outbox, quantise)
        counts = outbox.counts
    rounded = (f"values are rounded by up to {form.error:.3g}",) if form.error else ()
    left_out = (f"left out of {beside.name}: {', '.join(said.left_out)}",) if beside and said.left_out else ()
    return Converted(counts, found.notes + rounded + left_out)


def convert_segmentation(
    path: Path,
    labels: Path,
    images: Path,
    out: Path,
    plan: Plan,
    series_instance_uid: str | None = None,
    transform: Transform | None = None,
) -> Converted:
    """Write a label volume, or probabilities, as a segmentation of an image series.

    labels: the label map, YAML or JSON. images: the folder of the series. plan: its key is the name of the
    file unless given. Raises ConversionError: all that is wrong; nothing is written then. OSError.
    """
    problems: list[object] = []
    found = attempt(lambda: source(path, transform, many=True), problems)
    meaning = attempt(lambda: label_map(labels), problems)
    of = attempt(lambda: reference(images, series_instance_uid), problems)
    if found is None or meaning is None or of is None:
        raise ConversionError(*problems)
    with Outbox(out) as outbox:
        _, made = put_segmentation(found, meaning, of, plan, outbox)
        counts = outbox.counts
    left_out = (
        f"label {one} ({meaning.labels[one].segment_label}) has no voxels: left out" for one in made.empty
    )
    return Converted(counts, (*found.notes, *left_out))


def stem(path: Path) -> str:
    """Return the name of a file without the endings of NIfTI."""
    name = path.name.removesuffix(".gz")
    return name.removesuffix(".nii").removesuffix(".hdr").removesuffix(".img")
