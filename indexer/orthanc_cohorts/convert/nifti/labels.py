"""Label maps: what the numbers of a label volume stand for, as a person writes them down in YAML or JSON.

Knows words and codes; nothing of voxels or DICOM objects. Its JSON Schema is `schema()`.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from orthanc_cohorts.convert.coding import coding
from orthanc_cohorts.convert.nifti.dcmqi import is_dcmqi, translated
from orthanc_cohorts.convert.problem import Problem
from orthanc_cohorts.errors import ConversionError

_LABELS = 2**16 - 1


def _code(text: str) -> str:
    coding(text)
    return text


CodeText = Annotated[
    str,
    AfterValidator(_code),
    Field(description="SCHEME|code|meaning; the meaning may be left out where PS3.16 knows it."),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Segment(_Strict):
    """What one label stands for (PS3.3 C.8.20.4)."""

    segment_label: str = Field(min_length=1, max_length=64, description="Its name.")
    segment_description: str | None = Field(default=None, max_length=1024)
    segmented_property_category: CodeText
    segmented_property_type: CodeText
    anatomic_region: CodeText | None = Field(
        default=None, description="Where it lies, if its type is no place."
    )
    laterality: CodeText | None = Field(
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


class LabelMap(_Strict):
    """What the labels of a volume stand for; of several volumes or probabilities, the volumes, from 1."""

    content_label: str = Field(default="SEGMENTATION", pattern=r"^[A-Z0-9_ ]{1,16}$")
    content_description: str | None = Field(default=None, max_length=64)
    content_creator_name: str | None = Field(default=None, description="Family^Given")
    labels: dict[Annotated[int, Field(ge=1, le=_LABELS)], Segment] = Field(min_length=1)


Segment.model_rebuild()


def schema() -> dict[str, Any]:
    """Return the JSON Schema of label maps."""
    found = LabelMap.model_json_schema()
    # Keys of a JSON object are texts; pydantic says so of numbers by leaving them out.
    found["properties"]["labels"]["propertyNames"] = {"pattern": "^[1-9][0-9]{0,4}$"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def label_map(path: Path) -> LabelMap:
    """Return the label map of a file, YAML or JSON; metadata of dcmqi as well.

    Raises ConversionError: every problem in it, with its label.
    """
    try:
        held = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError:
        raise ConversionError(Problem(path.name, "there is no such file")) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise ConversionError(Problem(path.name, f"it is no YAML or JSON ({said})")) from error
    if is_dcmqi(held):
        held = translated(held, path.name)
    try:
        return LabelMap.model_validate(held)
    except ValidationError as error:
        raise ConversionError(
            *(Problem(path.name, f"{_place(one['loc'])}: {_said(one)}") for one in error.errors())
        ) from error


class _Loader(yaml.SafeLoader):
    """YAML in which no key is given twice; else the later one would win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = str(self.construct_object(key_node, deep=True))
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key} is there twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _place(where: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in where if part != "[key]"]
    if parts[:1] == ["labels"] and len(parts) > 1:
        parts[:2] = [f"label {parts[1]}"]
    return ", ".join(parts) or "the file"


def _said(error: Any) -> str:
    return str(error["msg"]).removeprefix("Value error, ")
