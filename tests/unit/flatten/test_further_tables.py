"""Edges, alternative codes, participants, regions, structures and annotations."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

import build
from flattened import rows_of, rules, table


def item(**keywords: object) -> Dataset:
    """Return a data set of these DICOM keywords."""
    ds = Dataset()
    for keyword, value in keywords.items():
        setattr(ds, keyword, value)
    return ds


def test_items_that_point_at_each_other_are_two_edges():
    ds = build.sr(
        [
            build.container("A", build.by_reference("INFERRED FROM", "1.2")),
            build.container("B", build.by_reference("INFERRED FROM", "1.1")),
            build.container("C", build.by_reference("INFERRED FROM", "1.7")),
        ]
    )

    assert table(rows_of(ds), "content_edge", "source_path", "target_path", "target_exists") == [
        ("1.1", "1.2", True),
        ("1.2", "1.1", True),
        ("1.3", "1.7", False),
    ]


def test_further_and_equivalent_codes_stand_beside_the_first():
    finding = build.code("DCM|121071|Finding", "SCT|4147007|Mass")
    finding.ConceptCodeSequence.append(build.concept("SCT|27925004|Nodule"))
    finding.ConceptCodeSequence[0].EquivalentCodeSequence = [build.concept("SRT|M-03000|Mass")]

    rows = rows_of(build.sr([finding]))

    assert table(rows, "code_alternative", "path", "role", "kind", "code_code") == [
        ("1.1", "value_code", "further", "27925004"),
        ("1.1", "value_code", "equivalent", "M-03000"),
    ]
    assert rules(rows) == ["code-several-values"]


def test_observers_of_the_content_are_participants():
    ds = build.sr(
        [
            build.code("DCM|121005|Observer Type", "DCM|121006|Person", rel="HAS OBS CONTEXT"),
            build.pname("DCM|121008|Person Observer Name", "Mustermann^Max", rel="HAS OBS CONTEXT"),
            build.code("DCM|121005|Observer Type", "DCM|121007|Device", rel="HAS OBS CONTEXT"),
            build.uidref("DCM|121012|Device Observer UID", "1.2.3", rel="HAS OBS CONTEXT"),
            build.text("DCM|121015|Device Observer Model Name", "ELI380", rel="HAS OBS CONTEXT"),
        ]
    )

    columns = ("path", "role", "kind", "name", "device_uid", "manufacturer_model_name")
    assert table(rows_of(ds), "participant", *columns) == [
        ("1", "observer", "person", "Mustermann^Max", None, None),
        ("1", "observer", "device", None, "1.2.3", "ELI380"),
    ]


def test_verifiers_and_authors_of_the_header_are_participants_and_give_the_verification_time():
    verifier = item(
        VerifyingObserverName="Dr^A",
        VerifyingOrganization="Clinic",
        VerificationDateTime="20240102030405",
        VerifyingObserverIdentificationCodeSequence=Sequence([]),
    )
    author = item(ObserverType="DEV", Manufacturer="ACME", ManufacturerModelName="X1")
    ds = build.sr([], VerifyingObserverSequence=[verifier], AuthorObserverSequence=[author])

    rows = rows_of(ds)

    assert table(rows, "participant", "role", "kind", "name", "organization", "manufacturer") == [
        ("verifier", "person", "Dr^A", "Clinic", None),
        ("author", "device", None, None, "ACME"),
    ]
    assert table(rows, "document", "verification_time") == ["2024-01-02 03:04:05"]


def test_a_region_knows_its_points_and_its_image():
    image = build.ct()
    outline = build.scoord(
        "DCM|111030|Image Region",
        "POLYLINE",
        [1, 1, 2, 2, 3, 3],
        build.image(image.SOPClassUID, image.SOPInstanceUID, frames=[2], rel="SELECTED FROM"),
    )
    group = build.container("DCM|125007|Measurement Group", outline)

    [row] = rows_of(build.sr([group])).dicts("region")

    assert (row["path"], row["group_path"], row["n_points"]) == ("1.1.1", "1.1", 3)
    assert (row["target_sop_instance_uid"], row["frames"]) == (image.SOPInstanceUID, [2])


def test_a_structure_set_has_a_row_per_structure_drawn_or_not():
    drawn = item(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints="2", ContourData=["0"] * 6)
    ds = build.ct(Modality="RTSTRUCT")
    ds.StructureSetROISequence = [
        item(ROINumber="1", ROIName="Heart", ROIGenerationAlgorithm="MANUAL"),
        item(ROINumber="2", ROIName="Lung"),
    ]
    ds.ROIContourSequence = [item(ReferencedROINumber="1", ContourSequence=[drawn, drawn])]
    ds.RTROIObservationsSequence = [item(ReferencedROINumber="1", RTROIInterpretedType="ORGAN")]

    columns = ("roi_number", "name", "interpreted_type", "contour_count", "point_count", "graphic_types")
    assert table(rows_of(ds), "roi", *columns) == [
        (1, "Heart", "ORGAN", 2, 4, ["CLOSED_PLANAR"]),
        (2, "Lung", None, 0, 0, None),
    ]


def test_annotations_of_a_waveform_are_rows():
    ds = build.ecg()
    measured = item(
        ReferencedWaveformChannels=[1, 0],
        ConceptNameCodeSequence=[build.concept("MDC|2:16160|QT Interval")],
        NumericValue="400",
        MeasurementUnitsCodeSequence=[build.concept("UCUM|ms|ms")],
        AnnotationGroupNumber=1,
    )
    remark = item(ReferencedWaveformChannels=[1, 2], UnformattedTextValue="Sinus rhythm")
    ds.WaveformAnnotationSequence = [measured, remark]

    columns = ("annotation_group", "channels", "concept_code", "value", "unit_code", "text")
    assert table(rows_of(ds), "waveform_annotation", *columns) == [
        (1, [1, 0], "2:16160", 400.0, "ms", None),
        (None, [1, 2], None, None, None, "Sinus rhythm"),
    ]


def test_a_text_knows_the_heading_around_it():
    ds = build.sr([build.container("LN|59776-5|Findings", build.text("DCM|121071|Finding", "clear"))])

    rows = rows_of(ds)

    assert table(rows, "text_item", "concept_code", "text", "section_code") == [
        ("121071", "clear", "59776-5")
    ]
