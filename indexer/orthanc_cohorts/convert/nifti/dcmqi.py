"""Label maps as dcmqi and 3D Slicer write them: JSON with `segmentAttributes`.

Knows the names of that language and those of `labels`; whether a value is right is for `labels` to say.
"""

from __future__ import annotations

from typing import Any

from orthanc_cohorts.convert.problem import Problem, raise_any

_SEGMENTS = "segmentAttributes"
_TEXTS = {
    "SegmentDescription": "segment_description",
    "SegmentAlgorithmType": "segment_algorithm_type",
    "SegmentAlgorithmName": "segment_algorithm_name",
    "TrackingIdentifier": "tracking_id",
    "TrackingUniqueIdentifier": "tracking_uid",
    "recommendedDisplayRGBValue": "recommended_display_rgb",
}
_CODES = {
    "SegmentedPropertyCategoryCodeSequence": "segmented_property_category",
    "SegmentedPropertyTypeCodeSequence": "segmented_property_type",
    "AnatomicRegionSequence": "anatomic_region",
}
_MODIFIERS = ("AnatomicRegionModifierSequence", "SegmentedPropertyTypeModifierCodeSequence")
_CONTENT = {
    "ContentLabel": "content_label",
    "ContentDescription": "content_description",
    "ContentCreatorName": "content_creator_name",
}


def is_dcmqi(held: object) -> bool:
    """Whether what a file holds is written in this language."""
    return isinstance(held, dict) and _SEGMENTS in held


def translated(held: dict[str, Any], source: str) -> dict[str, Any]:
    """Return it in the words of `labels`.

    What it says of series, instance and trial is left out: those are no matter of labels. A name that a
    segment lacks is its description, else the meaning of its type.
    Raises ConversionError: it describes none or several files, or one label twice.
    """
    files = held[_SEGMENTS]
    if not (isinstance(files, list) and len(files) == 1 and isinstance(files[0], list)):
        raise_any([Problem(source, f"{_SEGMENTS} describes none or several files; one is taken")])
    found: dict[str, Any] = {ours: held[theirs] for theirs, ours in _CONTENT.items() if theirs in held}
    labels: dict[Any, Any] = {}
    problems = []
    for number, segment in enumerate(files[0], 1):
        if not isinstance(segment, dict) or not isinstance(segment.get("labelID"), int):
            problems.append(Problem(source, f"segment {number} has no labelID"))
        elif segment["labelID"] in labels:
            problems.append(Problem(source, f"label {segment['labelID']} is there twice"))
        else:
            labels[segment["labelID"]] = _segment(segment)
    raise_any(problems)
    return {**found, "labels": labels}


def _segment(segment: dict[str, Any]) -> dict[str, Any]:
    found = {ours: segment[theirs] for theirs, ours in _TEXTS.items() if theirs in segment}
    found |= {ours: _code(segment[theirs]) for theirs, ours in _CODES.items() if theirs in segment}
    kind = segment.get("SegmentedPropertyTypeCodeSequence")
    meaning = kind.get("CodeMeaning") if isinstance(kind, dict) else None
    found["segment_label"] = segment.get("SegmentLabel") or segment.get("SegmentDescription") or meaning
    modifiers = [_code(segment[name]) for name in _MODIFIERS if name in segment]
    if modifiers:
        found["laterality"] = modifiers[0] if len(modifiers) == 1 else modifiers
    return found


def _code(held: object) -> object:
    """Return a code as SCHEME|code|meaning; what is none as it is."""
    parts = ("CodingSchemeDesignator", "CodeValue", "CodeMeaning")
    if not isinstance(held, dict) or any(part not in held for part in parts):
        return held
    return "|".join(str(held[part]) for part in parts)
