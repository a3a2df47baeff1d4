"""The views in the shape of the IDC tables: their rows, what IDC would leave of them, and what it loses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

import build
from integration.views import idc
from integration.views.asking import ask, columns, delete, rows, store
from orthanc_cohorts.store import Index

TID_1500 = (
    "ImagingDataCommons_highdicom/data/test_files/sr_document.dcm",
    "ImagingDataCommons_highdicom/data/test_files/sr_document_with_multiple_groups.dcm",
    "QIICR_dcmqi/data/sr-example/sr.dcm",
    "dcmjs-org_dcmjs/examples/data/structured_report.dcm",
    "dcmjs-org_dcmjs/test/sample-sr.dcm",
)
LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"
GROUP = "DCM|125007|Measurement Group"
FINDING, SITE = "DCM|121071|Finding", "SRT|G-C0E3|Finding Site"

COLUMNS = {
    "measurement_groups": """SOPInstanceUID SeriesInstanceUID measurementGroup_number trackingUniqueIdentifier
        trackingIdentifier PatientID SeriesDescription finding findingSite sourceSegmentedSeriesUID
        segmentationInstanceUID segmentationSeriesUID segmentationSegmentNumber""",
    "quantitative_measurements": """PatientID SOPInstanceUID SeriesInstanceUID SeriesDescription
        measurementGroup_number segmentationInstanceUID segmentationSeriesUID segmentationSegmentNumber
        sourceSegmentedSeriesUID trackingIdentifier trackingUniqueIdentifier Quantity derivationModifier
        lateralityModifier Value Units finding findingSite""",
    "qualitative_measurements": """PatientID SOPInstanceUID SeriesInstanceUID SeriesDescription
        measurementGroup_number segmentationInstanceUID segmentationSeriesUID segmentationSegmentNumber
        sourceSegmentedSeriesUID trackingIdentifier trackingUniqueIdentifier Quantity Value finding
        findingSite""",
    "segmentations": """PatientID StudyInstanceUID SeriesInstanceUID SOPInstanceUID FrameOfReferenceUID
        AnatomicRegion SegmentedPropertyCategory SegmentedPropertyType SegmentAlgorithmType
        SegmentAlgorithmName SegmentNumber TrackingUID TrackingID segmented_SeriesInstanceUID""",
}

KEPT_BY_IDC = """
FROM measurement_groups AS g
JOIN live_document AS d ON d.instance_key = g.instance_key
JOIN live_instance AS i ON i.instance_key = g.instance_key
CROSS JOIN unnest(g.segmentation_references) AS s(segment)
WHERE i.sop_class_uid IN (
        '1.2.840.10008.5.1.4.1.1.88.11', '1.2.840.10008.5.1.4.1.1.88.22', '1.2.840.10008.5.1.4.1.1.88.33',
        '1.2.840.10008.5.1.4.1.1.88.34', '1.2.840.10008.5.1.4.1.1.88.35')
  AND d.template_identifier = '1500' AND d.mapping_resource = 'DCMR'
  AND g.concept.CodeMeaning = 'Measurement Group' AND regexp_matches(g.path, '^1[.][0-9]+[.][0-9]+$')
  AND g.trackingIdentifier IS NOT NULL AND g.trackingUniqueIdentifier IS NOT NULL
  AND g.finding IS NOT NULL AND g.findingSite IS NOT NULL AND g.sourceSegmentedSeriesUID IS NOT NULL
  AND segment.SOPClassUID = '1.2.840.10008.5.1.4.1.1.66.4'
"""
GROUP_COLUMNS = """
g.SOPInstanceUID, g.path, g.trackingUniqueIdentifier, g.trackingIdentifier, g.PatientID, g.SeriesDescription,
g.finding, g.findingSite, g.sourceSegmentedSeriesUID, segment.SOPInstanceUID, segment.SegmentNumber
"""
QUANTITIES = f"""
SELECT {GROUP_COLUMNS}, q.Quantity,
    CASE WHEN first.concept = 'DCM|121401' THEN q.derivationModifier END,
    CASE WHEN first.concept = 'SCT|272741003' THEN q.lateralityModifier END, q.Value, q.Units
FROM (SELECT g.*, segment {KEPT_BY_IDC}) AS g
JOIN quantitative_measurements AS q ON q.instance_key = g.instance_key AND q.group_path = g.path
LEFT JOIN live_content_item AS first ON first.instance_key = q.instance_key AND first.path = q.path || '.1'
WHERE regexp_replace(q.path, '[.][0-9]+$', '') = g.path AND q.value_index = 1
"""
QUALITIES = f"""
SELECT {GROUP_COLUMNS}, q.Quantity, q.Value
FROM (SELECT g.*, segment {KEPT_BY_IDC}) AS g
JOIN qualitative_measurements AS q ON q.instance_key = g.instance_key AND q.group_path = g.path
WHERE regexp_replace(q.path, '[.][0-9]+$', '') = g.path
  AND q.Quantity.CodingSchemeDesignator NOT IN ('DCM', 'SRT')
  AND EXISTS (
      SELECT 1 FROM live_content_item AS c
      WHERE c.instance_key = g.instance_key AND c.parent_path = g.path
        AND c.concept_scheme = 'SRT' AND c.concept_code = 'G-C0E3')
"""


def triple(struct: dict[str, str | None] | None) -> idc.Code | None:
    return struct and (struct["CodeValue"], struct["CodingSchemeDesignator"], struct["CodeMeaning"])


def group_of(row: tuple) -> idc.Group:
    return idc.Group(*row[:6], triple(row[6]), triple(row[7]), *row[8:11])


def groups_as_idc(index: Index) -> set[idc.Group]:
    return {group_of(row) for row in ask(index, f"SELECT {GROUP_COLUMNS} {KEPT_BY_IDC}")}


def quantities_as_idc(index: Index) -> set[idc.Quantity]:
    return {
        idc.Quantity(group_of(row), *map(triple, row[11:14]), row[14], triple(row[15]))
        for row in ask(index, QUANTITIES)
    }


def qualities_as_idc(index: Index) -> set[idc.Quality]:
    return {idc.Quality(group_of(row), triple(row[11]), triple(row[12])) for row in ask(index, QUALITIES)}


def items(ds: Dataset, path: str = "1") -> Iterator[tuple[str, Dataset]]:
    for number, item in enumerate(ds.get("ContentSequence") or [], 1):
        yield f"{path}.{number}", item
        yield from items(item, f"{path}.{number}")


def group(
    *parts: Dataset, target: Dataset | None = None, segments: tuple[int, ...] = (1,), site: str | None = SITE
) -> Dataset:
    image = build.ct()
    head = [
        build.text("DCM|112039|Tracking Identifier", "Lesion 1", rel="HAS OBS CONTEXT"),
        build.uidref("DCM|112040|Tracking Unique Identifier", build.uid("lesion"), rel="HAS OBS CONTEXT"),
        build.code(FINDING, "SCT|4147007|Mass"),
    ]
    if site:
        head.append(build.code(site, "SCT|39607008|Lung", rel="HAS CONCEPT MOD"))
    if target is not None:
        name = "DCM|121191|Referenced Segment"
        head += [
            build.image(target.SOPClassUID, target.SOPInstanceUID, None, list(segments), name=name),
            build.uidref("DCM|121232|Source series for segmentation", image.SeriesInstanceUID),
        ]
    return build.container(GROUP, *head, *parts, template="1411" if target is not None else "1501")


def measurements() -> list[Dataset]:
    derivation = build.code("DCM|121401|Derivation", "SCT|373098007|Mean", rel="HAS CONCEPT MOD")
    side = build.code("SCT|272741003|Laterality", "SCT|7771000|Left", rel="HAS CONCEPT MOD")
    return [
        build.num("SCT|118565006|Volume", "12.5", "mm3", derivation),
        build.num("SCT|410668003|Length", "4", "cm", side, derivation),
        build.num("SCT|103355008|Width", None, qualifier="DCM|114007|Measurement not attempted"),
        build.code("99TEST|grade|Grade", "99TEST|2|Two"),
        build.code("DCM|121403|Level of Significance", "SCT|371928007|Not significant"),
    ]


def document(*groups: Dataset, **header: object) -> Dataset:
    section = build.container("DCM|126010|Imaging Measurements", *groups)
    return build.sr([section], template="1500", SeriesDescription="Measurements", **header)


def mixed_document() -> tuple[Dataset, Dataset]:
    """One group as IDC wants it, and others that its joins lose."""
    segmentation = build.seg(source=build.ct())
    label_map = build.seg(source=build.ct(), SOPClassUID=LABEL_MAP, InstanceNumber=2)
    return segmentation, document(
        group(*measurements(), target=segmentation),
        group(*measurements()),
        group(*measurements(), target=label_map),
        group(*measurements(), target=segmentation, site=None),
    )


@pytest.mark.parametrize("view", COLUMNS)
def test_the_views_have_the_columns_of_the_idc_tables(index: Index, view: str):
    assert set(COLUMNS[view].split()) <= set(columns(index, view))


def test_what_idc_keeps_of_a_generated_report_is_what_its_rules_leave(index: Index):
    segmentation, report = mixed_document()
    store(index, segmentation, report)

    assert groups_as_idc(index) == idc.groups(report)
    assert quantities_as_idc(index) == idc.quantities(report)
    assert qualities_as_idc(index) == idc.qualities(report)
    assert [len(found(report)) for found in (idc.groups, idc.quantities, idc.qualities)] == [1, 3, 1]


def test_every_group_measurement_and_evaluation_is_there_that_idc_loses(index: Index):
    store(index, *mixed_document())

    groups = rows(index, "measurement_groups", order="measurementGroup_number")
    numbers = ask(
        index, "SELECT measurementGroup_number, count(*) FROM quantitative_measurements GROUP BY ALL"
    )
    codes = ask(index, "SELECT measurementGroup_number, count(*) FROM qualitative_measurements GROUP BY ALL")

    assert [row["path"] for row in groups] == ["1.1.1", "1.1.2", "1.1.3", "1.1.4"]
    assert [row["segmentationSegmentNumber"] for row in groups] == [1, None, 1, 1]
    assert [row["findingSite"] is None for row in groups] == [False, False, False, True]
    assert sorted(numbers) == [(number, 3) for number in range(4)]
    assert sorted(codes) == [(number, 3) for number in range(4)]


def test_modifiers_count_wherever_they_stand_and_a_missing_value_keeps_its_qualifier(index: Index):
    store(index, document(group(*measurements())))

    found = ask(
        index,
        """SELECT Quantity.CodeMeaning, Value, Units.CodeValue, derivationModifier.CodeMeaning,
            lateralityModifier.CodeMeaning, qualifier.CodeValue, value_canonical, finding.CodeMeaning
        FROM quantitative_measurements ORDER BY path""",
    )

    assert found == [
        ("Volume", 12.5, "mm3", "Mean", None, None, 12.5, "Mass"),
        ("Length", 4.0, "cm", "Mean", "Left", None, 40.0, "Mass"),
        ("Width", None, None, None, None, "114007", None, "Mass"),
    ]


def test_groups_are_numbered_in_document_order_not_as_text(index: Index):
    store(index, document(*(group(build.num("A", number)) for number in range(12))))

    found = ask(
        index, "SELECT measurementGroup_number, Value, path FROM quantitative_measurements ORDER BY Value"
    )

    assert found == [(number, float(number), f"1.1.{number + 1}.5") for number in range(12)]


def test_a_group_of_several_segments_is_one_row_that_names_them_all(index: Index):
    two = build.seg([("A", "SCT|15825003|Aorta"), ("B", "SCT|15825003|Aorta")], source=build.ct())
    store(index, two, document(group(build.num("A", 1), target=two, segments=(2, 1))))

    [found] = rows(index, "measurement_groups")

    assert (found["segmentationInstanceUID"], found["segmentationSegmentNumber"]) == (two.SOPInstanceUID, 2)
    assert [entry["SegmentNumber"] for entry in found["segmentation_references"]] == [2, 1]
    assert len(rows(index, "quantitative_measurements")) == 1


def test_the_series_of_a_segmentation_comes_from_the_evidence_else_from_the_store(index: Index):
    seg = build.seg(source=build.ct())
    evidence = [(seg.StudyInstanceUID, "1.2.3", seg.SOPClassUID, seg.SOPInstanceUID)]
    plain = document(group(build.num("A", 1), target=seg))
    section = build.container("DCM|126010|Imaging Measurements", group(build.num("A", 1), target=seg))
    proven = build.sr([section], template="1500", evidence=evidence, InstanceNumber=2)
    series = "SELECT segmentationSeriesUID FROM measurement_groups ORDER BY ALL"

    store(index, plain, proven)
    absent = ask(index, series)
    store(index, seg)

    assert absent == [("1.2.3",), (None,)]
    assert ask(index, series) == [("1.2.3",), (seg.SeriesInstanceUID,)]


def test_statements_outside_of_a_group_are_there_without_a_number(index: Index):
    store(index, build.sr([build.num("A", 1), build.code("B", "C")]))

    for view in ("quantitative_measurements", "qualitative_measurements"):
        assert ask(index, f"SELECT measurementGroup_number, PatientID FROM {view}") == [(None, "P1")]


def test_segments_are_listed_with_the_series_they_were_made_from(index: Index):
    image = build.ct()
    store(index, build.seg([("A", "SRT|T-42000|Aorta"), ("B", "SCT|1|x")], source=image, region="SCT|2|y"))

    found = ask(
        index,
        """SELECT SegmentNumber, SegmentLabel, SegmentedPropertyType.CodeValue, property_type_concept,
            AnatomicRegion.CodeValue, segmented_SeriesInstanceUID, segmented_series_count, TrackingUID
        FROM segmentations ORDER BY 1""",
    )

    assert found == [
        (1, "A", "T-42000", "SCT|15825003", "2", image.SeriesInstanceUID, 1, None),
        (2, "B", "1", "SCT|1", "2", image.SeriesInstanceUID, 1, None),
    ]


def test_a_segmentation_that_names_images_only_finds_their_series_in_the_store(index: Index):
    image = build.ct()
    seg = build.seg(SourceImageSequence=[build.sop_reference(image.SOPClassUID, image.SOPInstanceUID)])
    series = "SELECT segmented_SeriesInstanceUID, segmented_series_count FROM segmentations"

    store(index, seg)
    absent = ask(index, series)
    store(index, image)

    assert absent == [(None, 0)]
    assert ask(index, series) == [(image.SeriesInstanceUID, 1)]


def test_nothing_of_a_deleted_object_is_in_the_views(index: Index):
    objects = mixed_document()
    store(index, *objects)
    assert all(rows(index, view) for view in COLUMNS)

    delete(index, *objects)

    assert not any(rows(index, view) for view in COLUMNS)


def test_what_idc_keeps_of_real_reports_is_what_its_rules_leave(index: Index, corpus: Path):
    reports = [pydicom.dcmread(corpus / name) for name in TID_1500]
    store(index, *reports)

    assert groups_as_idc(index) == set().union(*map(idc.groups, reports))
    assert quantities_as_idc(index) == set().union(*map(idc.quantities, reports))
    assert qualities_as_idc(index) == set().union(*map(idc.qualities, reports))
    assert len(groups_as_idc(index)) == 1
    assert len(quantities_as_idc(index)) > 20


def test_every_group_and_number_of_real_reports_is_there(index: Index, corpus: Path):
    reports = [pydicom.dcmread(corpus / name) for name in TID_1500]
    store(index, *reports)
    stated = [(str(ds.SOPInstanceUID), path, item) for ds in reports for path, item in items(ds)]

    groups = {(u, path) for u, path, item in stated if idc.name(item)[:2] == ("125007", "DCM")}
    numbers = {(u, path) for u, path, item in stated if item.get("ValueType") == "NUM"}
    findings = {(u, path) for u, path, item in stated if idc.name(item)[:2] == idc.FINDING}

    ours = ask(
        index, "SELECT SOPInstanceUID, path FROM measurement_groups WHERE concept.CodeValue = '125007'"
    )
    assert set(ours) == groups and len(ours) == 13
    ours = ask(index, "SELECT SOPInstanceUID, path FROM quantitative_measurements")
    assert set(ours) == numbers and len(ours) == len(numbers)
    assert findings <= set(ask(index, "SELECT SOPInstanceUID, path FROM qualitative_measurements"))
