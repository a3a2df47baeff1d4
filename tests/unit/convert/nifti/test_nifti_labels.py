"""Label maps: YAML or JSON, checked as a whole, with a JSON Schema for editors."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from nifti_made import LABELS
from orthanc_cohorts.convert.coding import coding
from orthanc_cohorts.convert.nifti.labels import LabelMap, label_map, schema
from orthanc_cohorts.errors import ConversionError


def read(tmp_path: Path, text: str) -> LabelMap:
    """The label map of a text."""
    path = tmp_path / "labels.yaml"
    path.write_text(text, encoding="utf-8")
    return label_map(path)


def problems(tmp_path: Path, text: str) -> list[str]:
    """What is wrong with a text."""
    with pytest.raises(ConversionError) as error:
        read(tmp_path, text)
    return [str(problem) for problem in error.value.problems]


def changed(**fields: Any) -> str:
    """The label map with one label, whose fields are set, or taken away by None."""
    held = yaml.safe_load(LABELS)
    one = {key: value for key, value in {**held["labels"][1], **fields}.items() if value is not None}
    return json.dumps({"labels": {"1": one}})


def test_yaml_and_json_say_the_same(tmp_path: Path) -> None:
    as_yaml = read(tmp_path, LABELS)
    as_json = read(tmp_path, json.dumps(yaml.safe_load(LABELS)))

    assert as_yaml == as_json
    assert sorted(as_yaml.labels) == [1, 4, 7]
    assert as_yaml.labels[4].segment_algorithm_name == "nnU-Net 2.3"


def test_a_code_needs_no_meaning_where_dicom_knows_it(tmp_path: Path) -> None:
    assert read(tmp_path, changed(segmented_property_type="SCT|64033007")).labels[1]

    assert (
        "DICOM's own tables have no meaning"
        in problems(tmp_path, changed(segmented_property_type="SCT|1"))[0]
    )


def test_every_problem_is_told_with_its_label(tmp_path: Path) -> None:
    text = LABELS.replace("SCT|87878005|Left ventricle", "ventricle").replace("MANUAL", "HAND")
    text = text.replace("    segment_label: Calcium\n", "").replace("tracking_id: K1", "tracking: K1")

    said = problems(tmp_path, text)

    assert [one.split(": ")[1] for one in said] == [
        "label 1, segmented_property_type",
        "label 1, segment_algorithm_type",
        "label 4, segment_label",
        "label 4, tracking",
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"segment_algorithm_type": "AUTOMATIC"}, "AUTOMATIC asks for segment_algorithm_name"),
        ({"tracking_uid": "1.2.3"}, "tracking_uid asks for tracking_id"),
        ({"tracking_uid": "1.2.x", "tracking_id": "a"}, "tracking_uid"),
        ({"recommended_display_rgb": [0, 0, 256]}, "recommended_display_rgb"),
        ({"segment_label": "x" * 65}, "segment_label"),
        ({"laterality": "left"}, "is no code"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    [found] = problems(tmp_path, changed(**fields))

    assert "label 1" in found and said in found


@pytest.mark.parametrize("label", ["0", "-1", "65536", "heart", "1.5"])
def test_a_label_is_a_number_that_dicom_can_count(tmp_path: Path, label: str) -> None:
    text = LABELS.replace("  7:\n", f"  {label}:\n")

    [said] = problems(tmp_path, text)

    assert re.match(rf"labels\.yaml, row \d+: label {re.escape(str(label))}: ", said)


def test_a_label_twice_is_a_mistake(tmp_path: Path) -> None:
    [said] = problems(tmp_path, LABELS.replace("  7:\n", "  4:\n"))

    assert "'4' is given twice" in said


@pytest.mark.parametrize("text", ["", "- 1\n", "labels: {}\n", "labels: [1]\n", "labels:\n\t1: x", "{"])
def test_what_is_no_label_map_is_refused(tmp_path: Path, text: str) -> None:
    assert len(problems(tmp_path, text)) == 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match=r"none\.yaml: there is no such file"):
        label_map(tmp_path / "none.yaml")


def test_the_schema_describes_every_key(tmp_path: Path) -> None:
    found = schema()

    segment = found["$defs"]["Segment"]
    assert found["required"] == ["labels"]
    assert segment["additionalProperties"] is False
    assert set(yaml.safe_load(LABELS)["labels"][4]) <= set(segment["properties"])
    assert segment["properties"]["segment_algorithm_type"]["enum"] == ["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL"]
    assert found["properties"]["labels"]["propertyNames"]["pattern"]


def dcmqi(**changed: Any) -> dict[str, Any]:
    """A segment in the words of dcmqi."""
    return {
        "labelID": 4,
        "SegmentLabel": "Calcium",
        "SegmentDescription": "of the kidney",
        "SegmentedPropertyCategoryCodeSequence": code("49755003", "Morphologically Abnormal Structure"),
        "SegmentedPropertyTypeCodeSequence": code("18115005", "Pathologic calcification"),
        "AnatomicRegionSequence": code("64033007", "Kidney"),
        "AnatomicRegionModifierSequence": code("7771000", "Left"),
        "SegmentAlgorithmType": "AUTOMATIC",
        "SegmentAlgorithmName": "nnU-Net 2.3",
        "recommendedDisplayRGBValue": [1, 2, 3],
        **changed,
    }


def code(value: str, meaning: str) -> dict[str, str]:
    """A code in the words of dcmqi."""
    return {"CodeValue": value, "CodingSchemeDesignator": "SCT", "CodeMeaning": meaning}


def metadata(*segments: dict[str, Any]) -> str:
    """Metadata of dcmqi of one file."""
    return json.dumps(
        {"ContentCreatorName": "Doe^Jane", "SeriesNumber": "300", "segmentAttributes": [list(segments)]}
    )


def test_metadata_of_dcmqi_is_a_label_map(tmp_path: Path) -> None:
    found = read(tmp_path, metadata(dcmqi()))

    of = found.labels[4]
    assert found.content_creator_name == "Doe^Jane"
    assert (of.segment_label, of.segment_description) == ("Calcium", "of the kidney")
    assert of.segmented_property_type == coding("SCT|18115005|Pathologic calcification")
    assert of.anatomic_region == coding("SCT|64033007|Kidney")
    assert of.laterality == coding("SCT|7771000|Left")
    assert of.recommended_display_rgb == (1, 2, 3)


def test_a_segment_of_dcmqi_without_a_name_is_named_by_its_type(tmp_path: Path) -> None:
    plain = {
        key: value for key, value in dcmqi().items() if key not in ("SegmentLabel", "SegmentDescription")
    }

    assert read(tmp_path, metadata(plain)).labels[4].segment_label == "Pathologic calcification"


def test_what_is_wrong_in_metadata_of_dcmqi_is_told(tmp_path: Path) -> None:
    nameless = {key: value for key, value in dcmqi().items() if key != "labelID"}

    assert problems(tmp_path, metadata(dcmqi(), dcmqi(), nameless)) == [
        "labels.yaml: label 4 is there twice",
        "labels.yaml: segment 3 has no labelID",
    ]
    [said] = problems(tmp_path, metadata(dcmqi(SegmentAlgorithmType="?")))
    assert said.startswith("labels.yaml: label 4, segment_algorithm_type: ")
    assert "label 4, anatomic_region" in problems(tmp_path, metadata(dcmqi(AnatomicRegionSequence=[])))[0]
    two = json.dumps({"segmentAttributes": [[dcmqi()], [dcmqi()]]})
    assert problems(tmp_path, two) == [
        "labels.yaml: segmentAttributes describes none or several files; one is taken"
    ]
