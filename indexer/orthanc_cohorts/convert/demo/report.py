"""Measurement reports on the CT after TID 1500: annulus (TID 1410) and calcium (TID 1411), by highdicom.

Knows nothing of how the index reads them; units and code generations are mixed as the plan says.
"""

from __future__ import annotations

from collections.abc import Sequence

import highdicom as hd
import numpy as np
from pydicom.dataset import Dataset

from orthanc_cohorts.convert.demo.codes import code, make_legacy, unit
from orthanc_cohorts.convert.demo.header import uid
from orthanc_cohorts.convert.demo.plan import COLUMNS, ROWS, CtScan, Measures, Person
from orthanc_cohorts.convert.demo.seg import CALCIUM
from orthanc_cohorts.convert.demo.sr import (
    Issue,
    device_observer,
    document,
    language,
    make_missing,
    person_observer,
)


def measurement_reports(
    person: Person,
    ct: CtScan,
    measures: Sequence[Measures],
    images: Sequence[Dataset],
    segmentation: Dataset | None,
) -> list[Dataset]:
    """Return one report for each of `measures`, in their order.

    images: the contrast series. segmentation: of those images, None where nobody made one.
    """
    reports: list[Dataset] = []
    for position, one in enumerate(measures):
        root = _root(person, ct, one, images, segmentation)
        evidence = (*images, *(() if segmentation is None else (segmentation,)))
        ds = document(
            person,
            root,
            images[0],
            Issue(
                series=f"measurements {position}",
                number=401 + position,
                description="Aortic root measurements",
                written=one.written,
                final=one.final,
                verifier="Reader^Radio" if one.final and not one.legacy_codes else None,
            ),
            evidence=evidence,
            replaces=() if one.replaces is None else (reports[one.replaces],),
            make=hd.sr.Comprehensive3DSR,
        )
        if one.legacy_codes:
            make_legacy(ds)
        if not one.states_template:
            _forget_templates(ds)
        reports.append(ds)
    return reports


def _root(
    person: Person, ct: CtScan, measures: Measures, images: Sequence[Dataset], segmentation: Dataset | None
) -> Dataset:
    report = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(
            person_observer("Reader^Radio"), device_observer("RootSeg")
        ),
        language_of_content_item_and_descendants=language(person.german),
        procedure_reported=code("CT of heart"),
        imaging_measurements=[
            _annulus(person, ct, measures, images),
            _calcium(person, measures, images, segmentation),
        ],
    )
    root: Dataset = report[0]
    return root


def _annulus(person: Person, ct: CtScan, measures: Measures, images: Sequence[Dataset]) -> Dataset:
    """The annulus: diameter (mean and maximum) and area, with its ellipse on one slice."""
    image = images[ct.slices // 2]
    length, area, scale = ("cm", "cm2", 10) if measures.in_cm else ("mm", "mm2", 1)
    values = [
        _measurement("diameter", round(measures.diameter_mm / scale, 3), length, "mean"),
        _measurement("diameter", round(measures.largest_mm / scale, 3), length, "maximum"),
    ]
    if measures.area_mm2 is None:
        values.append(_measurement("area", None, area))
    else:
        values.append(_measurement("area", round(measures.area_mm2 / scale**2, 2), area))
    half = measures.largest_mm / 2 / ct.pixel_mm, measures.diameter_mm / 2 / ct.pixel_mm
    row, column = ROWS / 2, COLUMNS / 2
    points = [
        (column - half[0], row),
        (column + half[0], row),
        (column, row - half[1]),
        (column, row + half[1]),
    ]
    return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid("tracking", person.number, "annulus"), f"Patient {person.number} annulus"
        ),
        referenced_region=hd.sr.ImageRegion(
            "ELLIPSE", np.round(np.array(points), 2), hd.sr.SourceImageForRegion.from_source_image(image)
        ),
        finding_type=code("annulus"),
        finding_sites=[hd.sr.FindingSite(code("aortic valve"))],
        measurements=values,
    )


def _calcium(
    person: Person, measures: Measures, images: Sequence[Dataset], segmentation: Dataset | None
) -> Dataset:
    """The calcium: its volume and grade, on the segment where there is one."""
    tracking = hd.sr.TrackingIdentifier(
        uid("tracking", person.number, "calcium"), f"Patient {person.number} calcium"
    )
    shared = {
        "tracking_identifier": tracking,
        "finding_type": code("calcification"),
        "finding_sites": [hd.sr.FindingSite(code("aortic valve"))],
        "measurements": [_measurement("volume", measures.volume_mm3, "mm3")],
        "qualitative_evaluations": (
            []
            if measures.severity is None
            else [hd.sr.QualitativeEvaluation(code("severity"), code(measures.severity))]
        ),
    }
    if segmentation is None or len(segmentation.SegmentSequence) < CALCIUM:
        return hd.sr.MeasurementsAndQualitativeEvaluations(
            **shared, source_images=[hd.sr.SourceImageForMeasurementGroup.from_source_image(images[0])]
        )
    segment = hd.sr.ReferencedSegment(
        segmentation.SOPClassUID,
        segmentation.SOPInstanceUID,
        CALCIUM,
        source_series=hd.sr.SourceSeriesForSegmentation(images[0].SeriesInstanceUID),
    )
    return hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(**shared, referenced_segment=segment)


def _measurement(name: str, value: float | None, ucum: str, derivation: str | None = None) -> Dataset:
    measurement = hd.sr.Measurement(
        name=code(name),
        value=0 if value is None else value,
        unit=unit(ucum),
        derivation=None if derivation is None else code(derivation),
    )
    if value is None:
        make_missing(measurement[0], "failure")
    return measurement


def _forget_templates(ds: Dataset) -> None:
    """Take all template identifiers away, as much software does not write them."""
    if "ContentTemplateSequence" in ds:
        del ds.ContentTemplateSequence
    for item in ds.get("ContentSequence", []):
        _forget_templates(item)
