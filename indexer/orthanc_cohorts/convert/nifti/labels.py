"""Label maps: what the numbers of a label volume stand for, as a person writes them down in YAML or JSON.

Knows words and codes; nothing of voxels or DICOM objects. Its JSON Schema is `schema()`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from orthanc_cohorts.convert.mapping import Code, Strict, load
from orthanc_cohorts.convert.mapping import schema as schema_of
from orthanc_cohorts.convert.nifti.dcmqi import is_dcmqi, translated
from orthanc_cohorts.convert.problem import Problem
from orthanc_cohorts.errors import ConversionError

_LABELS = 2**16 - 1


class Segment(Strict):
    """What one label stands for (PS3.3 C.8.20.4)."""

    segment_label: str = Field(min_length=1, max_length=64, description="Its name.")
    segment_description: str | None = Field(default=None, max_length=1024)
    segmented_property_category: Code
    segmented_property_type: Code
    anatomic_region: Code | None = Field(default=None, description="Where it lies, if its type is no place.")
    laterality: Code | None = Field(
        default=None,
        description="Of the anatomic region if there is one, else of the type (CID 244).",
    )
    segment_algorithm_type: Literal["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL"]
    segment_algorithm_name: str | None = Field(
        default=None, min_length=1, max_length=64, description="Required unless MANUAL."
    )
    tracking_id: str | None = Field(
        default=None,
        min_length=1,
        description="What tells this finding from others of the patient, over time.",
    )
    tracking_uid: str | None = Field(
        default=None,
        pattern=r"^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+$",
        max_length=64,
        description="Of tracking_id; made from patient and tracking_id unless given.",
    )
    recommended_display_rgb: tuple[_Byte, _Byte, _Byte] | None = Field(
        default=None, description="Its colour."
    )

    @model_validator(mode="after")
    def _complete(self) -> Segment:
        if self.segment_algorithm_type != "MANUAL" and self.segment_algorithm_name is None:
            raise ValueError(f"{self.segment_algorithm_type} asks for segment_algorithm_name")
        if self.tracking_uid is not None and self.tracking_id is None:
            raise ValueError("tracking_uid asks for tracking_id")
        return self


_Byte = Annotated[int, Field(ge=0, le=255)]


class LabelMap(Strict):
    """What the labels of a volume stand for; of several volumes or probabilities, the volumes, from 1."""

    content_label: str = Field(default="SEGMENTATION", pattern=r"^[A-Z0-9_ ]{1,16}$")
    content_description: str | None = Field(default=None, max_length=64)
    content_creator_name: str | None = Field(default=None, description="Family^Given")
    labels: dict[Annotated[int, Field(ge=1, le=_LABELS)], Segment] = Field(min_length=1)


Segment.model_rebuild()


def schema() -> dict[str, Any]:
    """Return the JSON Schema of label maps."""
    found = schema_of(LabelMap, "Label map")
    # Keys of a JSON object are texts; pydantic says so of numbers by leaving them out.
    found["properties"]["labels"]["propertyNames"] = {"pattern": "^[1-9][0-9]{0,4}$"}
    return found


def label_map(path: Path) -> LabelMap:
    """Return the label map of a file, YAML or JSON; metadata of dcmqi as well.

    Raises ConversionError: every problem in it, with its label.
    """

    def translated_of(held: Any) -> Any:
        return translated(held, path.name) if is_dcmqi(held) else held

    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ConversionError(Problem(path.name, "there is no such file")) from None
    return load(LabelMap, path.name, data, translated_of, _place)


def _place(where: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in where if part != "[key]"]
    if parts[:1] == ["labels"] and len(parts) > 1:
        parts[:2] = [f"label {parts[1]}"]
    return ", ".join(parts) or "the file"
