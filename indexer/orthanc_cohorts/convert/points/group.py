"""Groups of measurements: TID 1410, 1411 and 1501 around the coordinates of a drawing.

Knows these templates; nothing of files.
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from orthanc_cohorts.convert import content
from orthanc_cohorts.convert.coding import Coding
from orthanc_cohorts.convert.header import Context, uid
from orthanc_cohorts.convert.points.drawing import GROUP, VOLUMETRIC, Drawing
from orthanc_cohorts.convert.points.image import Image

_GROUP = Coding("DCM", "125007", "Measurement Group")
_TRACKING_IDENTIFIER = Coding("DCM", "112039", "Tracking Identifier")
_TRACKING_UID = Coding("DCM", "112040", "Tracking Unique Identifier")
_CATEGORY = Coding("SCT", "276214006", "Finding category")
_FINDING = Coding("DCM", "121071", "Finding")
_SITE = Coding("SCT", "363698007", "Finding Site")
_LATERALITY = Coding("SCT", "272741003", "Laterality")
_REGION = Coding("DCM", "111030", "Image Region")
_SURFACE = Coding("DCM", "121231", "Volume Surface")
_SOURCE = Coding("DCM", "121112", "Source of Measurement")
_SERIES = Coding("DCM", "121232", "Source series for segmentation")
_COMMENT = Coding("DCM", "121106", "Comment")


def group(
    drawing: Drawing,
    context: Context,
    frame_of_reference_uid: str,
    image: Image | None,
    measures: list[Dataset],
) -> Dataset:
    """Return the group of a drawing; image: there where the drawing is a volume. measures: its NUM items."""
    items = [
        content.text(_TRACKING_IDENTIFIER, drawing.label, rel="HAS OBS CONTEXT"),
        content.uidref(_TRACKING_UID, tracking_uid(drawing, context), rel="HAS OBS CONTEXT"),
        *_findings(drawing),
    ]
    name = {GROUP: _SOURCE, VOLUMETRIC: _SURFACE}.get(drawing.template, _REGION)
    items += [
        content.scoord3d(name, graphic_type, points, frame_of_reference_uid)
        for graphic_type, points in drawing.graphics
    ]
    if drawing.template == VOLUMETRIC and image is not None:
        items.append(content.uidref(_SERIES, image.series_instance_uid))
    items += measures
    if drawing.comment:
        items.append(content.text(_COMMENT, drawing.comment))
    return content.container(_GROUP, *items, template=drawing.template)


def tracking_uid(drawing: Drawing, context: Context) -> str:
    """Return what names the tracked thing: the same in every run.

    The same label is the same thing within its study and file, or, where the mapping tracks through the
    patient, in all studies of the patient.
    """
    if drawing.rule.track == "patient":
        return uid("tracking", *context.patient.key, *drawing.key)
    return uid("tracking", context.study.uid, drawing.source, *drawing.key)


def _findings(drawing: Drawing) -> list[Dataset]:
    rule = drawing.rule
    items = []
    if rule.category is not None:
        items.append(content.code(_CATEGORY, rule.category))
    if rule.finding is not None:
        items.append(content.code(_FINDING, rule.finding))
    if rule.site is not None:
        side = [] if rule.laterality is None else [_laterality(rule.laterality)]
        items.append(content.code(_SITE, rule.site, *side, rel="HAS CONCEPT MOD"))
    return items


def _laterality(value: Coding) -> Dataset:
    return content.code(_LATERALITY, value, rel="HAS CONCEPT MOD")
