"""The leaves of the cohort language: which properties each may ask, and where they lie.

The classes are the whitelist: a property that is not declared here cannot reach a statement. Knows no values
and runs no query.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from orthanc_cohorts.cohort.bounds import DayRange, Range
from orthanc_cohorts.cohort.leaf import Codes, Leaf, Word, Words
from orthanc_cohorts.cohort.properties import (
    BodyPart,
    ChannelSource,
    Code,
    Contained,
    Current,
    Day,
    Interval,
    Number,
    Tag,
    Text,
    TextList,
)
from orthanc_cohorts.cohort.tags import canonical_tag, is_private


def _lowered(words: list[str]) -> list[str]:
    # Letter by letter as DuckDB's lower() does (simple case mapping), so that both sides meet: a final
    # sigma stays one, and the dotted capital I is i.
    return ["".join(letter.lower()[0] for letter in word) for word in words]


class Patient(Leaf):
    """Facts of the patient as one study states them."""

    base = "study"
    op: Literal["patient"]
    sex: Annotated[Words | None, Text("s.patient_sex", "patient_sex", "h.patient_sex")] = None
    age: Annotated[Range | None, Interval("s.patient_age_years", unit="a")] = None
    size: Annotated[Range | None, Interval("s.patient_size_m", unit="m")] = None
    weight: Annotated[Range | None, Interval("s.patient_weight_kg", unit="kg")] = None
    bmi: Annotated[Range | None, Interval("s.patient_bmi", unit="kg/m2")] = None
    birth_date: Annotated[
        DayRange | None,
        Day("s.patient_birth_date", "patient_birth_date", "h.patient_birth_date", listed=False),
    ] = None
    ethnic_group: Annotated[Words | None, Text("s.ethnic_group", "ethnic_group", "h.ethnic_group")] = None


class Study(Leaf):
    """A study by its own properties; `modality` is any of those present."""

    base = "study"
    op: Literal["study"]
    modality: Annotated[Words | None, TextList("s.modalities")] = None
    date: Annotated[DayRange | None, Day("s.study_time", "study_time", "h.study_time")] = None
    description: Annotated[
        Words | None, Text("s.study_description", "study_description", "h.study_description")
    ] = None
    institution: Annotated[
        Words | None, Text("s.institution_name", "institution_name", "h.institution_name")
    ] = None
    accession_number: Annotated[
        Words | None, Text("s.accession_number", "accession_number", "h.accession_number", listed=False)
    ] = None
    study_id: Annotated[Words | None, Text("s.study_id", "study_id", "h.study_id", listed=False)] = None
    study_instance_uid: Annotated[Words | None, Text("s.study_instance_uid", listed=False)] = None
    series: Annotated[Range | None, Number("s.series_count")] = None
    instances: Annotated[Range | None, Number("s.instance_count")] = None


def _text(column: str, listed: bool = True) -> Text:
    return Text(f"s.{column}", column, f"h.{column}", listed)


def _identity(column: str) -> Text:
    return Text(f"s.{column}", column, f"i.{column}")


class Series(Leaf):
    """A series by what its instances share; a property that varies must match in every instance."""

    base = "series"
    op: Literal["series"]
    modality: Annotated[Words | None, _text("modality")] = None
    body_part: Annotated[Words | None, BodyPart("s", "body_part", "h")] = None
    laterality: Annotated[Words | None, _text("laterality")] = None
    description: Annotated[Words | None, _text("series_description")] = None
    protocol: Annotated[Words | None, _text("protocol_name")] = None
    sop_class: Annotated[Words | None, _identity("sop_class_uid")] = None
    transfer_syntax: Annotated[Words | None, _identity("transfer_syntax_uid")] = None
    manufacturer: Annotated[Words | None, _text("manufacturer")] = None
    model: Annotated[Words | None, _text("manufacturer_model_name")] = None
    device_serial_number: Annotated[Words | None, _text("device_serial_number", listed=False)] = None
    station: Annotated[Words | None, _text("station_name")] = None
    software_versions: Annotated[Words | None, _text("software_versions")] = None
    institution: Annotated[Words | None, _text("institution_name")] = None
    image_type: Annotated[Words | None, _text("image_type")] = None
    convolution_kernel: Annotated[Words | None, _text("convolution_kernel")] = None
    scanning_sequence: Annotated[Words | None, _text("scanning_sequence")] = None
    sequence_name: Annotated[Words | None, _text("sequence_name")] = None
    contrast_agent: Annotated[Words | None, _text("contrast_bolus_agent")] = None
    contrast_route: Annotated[Words | None, _text("contrast_bolus_route")] = None
    radiopharmaceutical: Annotated[Words | None, _text("radiopharmaceutical")] = None
    view_position: Annotated[Words | None, _text("view_position")] = None
    frame_of_reference_uid: Annotated[Words | None, _text("frame_of_reference_uid", listed=False)] = None
    series_instance_uid: Annotated[Words | None, Text("s.series_instance_uid", listed=False)] = None
    acquisition_date: Annotated[
        DayRange | None, Day("s.first_acquisition_time", last="s.last_acquisition_time")
    ] = None
    instances: Annotated[Range | None, Number("s.instance_count")] = None
    rows: Annotated[Range | None, Interval("s.rows")] = None
    columns: Annotated[Range | None, Interval("s.columns")] = None
    frames: Annotated[Range | None, Interval("s.number_of_frames")] = None
    pixel_spacing_row: Annotated[Range | None, Interval("s.pixel_spacing_row_mm", unit="mm")] = None
    pixel_spacing_column: Annotated[Range | None, Interval("s.pixel_spacing_column_mm", unit="mm")] = None
    slice_thickness: Annotated[Range | None, Interval("s.slice_thickness_mm", unit="mm")] = None
    spacing_between_slices: Annotated[Range | None, Interval("s.spacing_between_slices_mm", unit="mm")] = None
    kvp: Annotated[Range | None, Interval("s.kvp", unit="kV")] = None
    exposure: Annotated[Range | None, Interval("s.exposure_mas", unit="mA.s")] = None
    exposure_time: Annotated[Range | None, Interval("s.exposure_time_ms", unit="ms")] = None
    tube_current: Annotated[Range | None, Interval("s.x_ray_tube_current_ma", unit="mA")] = None
    pitch: Annotated[Range | None, Interval("s.spiral_pitch_factor")] = None
    ctdivol: Annotated[Range | None, Interval("s.ctdivol_mgy", unit="mGy")] = None
    magnetic_field_strength: Annotated[Range | None, Interval("s.magnetic_field_strength_t", unit="T")] = None
    repetition_time: Annotated[Range | None, Interval("s.repetition_time_ms", unit="ms")] = None
    echo_time: Annotated[Range | None, Interval("s.echo_time_ms", unit="ms")] = None
    inversion_time: Annotated[Range | None, Interval("s.inversion_time_ms", unit="ms")] = None
    flip_angle: Annotated[Range | None, Interval("s.flip_angle_deg", unit="deg")] = None
    radionuclide_total_dose: Annotated[Range | None, Interval("s.radionuclide_total_dose_bq", unit="Bq")] = (
        None
    )
    compression_force: Annotated[Range | None, Interval("s.compression_force_n", unit="N")] = None
    mechanical_index: Annotated[Range | None, Interval("s.mechanical_index")] = None
    positioner_primary_angle: Annotated[
        Range | None, Interval("s.positioner_primary_angle_deg", unit="deg")
    ] = None
    positioner_secondary_angle: Annotated[
        Range | None, Interval("s.positioner_secondary_angle_deg", unit="deg")
    ] = None


class Waveform(Leaf):
    """A multiplex group of a waveform object."""

    base = "waveform"
    op: Literal["waveform"]
    modality: Annotated[Words | None, Text("s.modality")] = None
    label: Annotated[Words | None, Text("w.multiplex_group_label")] = None
    originality: Annotated[Words | None, Text("w.waveform_originality")] = None
    source: Annotated[Codes | None, ChannelSource("source")] = None
    channels: Annotated[Range | None, Number("w.number_of_channels")] = None
    samples: Annotated[Range | None, Number("w.number_of_samples")] = None
    sampling_frequency: Annotated[Range | None, Number("w.sampling_frequency_hz", unit="Hz")] = None
    duration: Annotated[Range | None, Number("w.duration_s", unit="s")] = None


class Segment(Leaf):
    """A segment of a segmentation."""

    base = "segment"
    op: Literal["segment"]
    property_type: Annotated[Codes | None, Code("f.property_type")] = None
    category: Annotated[Codes | None, Code("f.category")] = None
    region: Annotated[Codes | None, Code("f.region")] = None
    modifier: Annotated[Codes | None, Code("f.modifier")] = None
    label: Annotated[Words | None, Text("f.segment_label")] = None
    algorithm_type: Annotated[Words | None, Text("f.algorithm_type")] = None
    algorithm_name: Annotated[Words | None, Text("f.algorithm_name")] = None
    segmentation_type: Annotated[Words | None, Text("f.segmentation_type")] = None
    tracking_id: Annotated[Words | None, Text("f.tracking_identifier", listed=False)] = None
    tracking_uid: Annotated[Words | None, Text("f.tracking_uid", listed=False)] = None
    frames: Annotated[Range | None, Number("f.number_of_frames")] = None


class Document(Leaf):
    """A structured report; every one counts unless `current` asks for those without a successor."""

    base = "document"
    op: Literal["document"]
    title: Annotated[Codes | None, Code("f.title")] = None
    template: Annotated[Words | None, Text("f.template_identifier")] = None
    completion: Annotated[Words | None, Text("f.completion_flag")] = None
    verification: Annotated[Words | None, Text("f.verification_flag")] = None
    preliminary: Annotated[Words | None, Text("f.preliminary_flag")] = None
    language: Annotated[Codes | None, Code("f.language")] = None
    date: Annotated[DayRange | None, Day("f.content_time")] = None
    current: Annotated[StrictBool | None, Current("f.current", listed=False)] = None
    n_items: Annotated[Range | None, Number("f.n_items")] = None
    n_num: Annotated[Range | None, Number("f.n_num")] = None
    n_code: Annotated[Range | None, Number("f.n_code")] = None
    n_text: Annotated[Range | None, Number("f.n_text")] = None
    depth: Annotated[Range | None, Number("f.max_depth")] = None


class Measurement(Leaf):
    """A stated number. Filters first, then `pick` per unit, then the range `value`.

    anchor: what pick `nearest` is nearest to, in days.
    change: from the first to the latest value of one lesion, inside `same` with scope `tracking`; with unit
    `%` in percent of the first.
    """

    base = "measurement"
    op: Literal["measurement"]
    concept: Annotated[Codes | None, Code("f.concept")] = None
    value: Annotated[Range | None, Number("f.value", listed=False)] = None
    pick: Literal["any", "all", "first", "latest", "min", "max", "mean", "nearest"] = "any"
    anchor: LeafAnchor | None = None
    change: Range | None = None
    site: Annotated[Codes | None, Code("f.site")] = None
    laterality: Annotated[Codes | None, Code("f.laterality")] = None
    method: Annotated[Codes | None, Code("f.method")] = None
    derivation: Annotated[Codes | None, Code("f.derivation")] = None
    qualifier: Annotated[Codes | None, Code("f.qualifier")] = None

    @model_validator(mode="after")
    def _pick_leaves_something_to_count(self) -> Self:
        if self.count is not None and self.pick not in ("any", "all"):
            raise ValueError(f"count takes pick any or all; {self.pick} leaves a single value")
        if self.pick != "any" and self.value is None:
            raise ValueError(f"pick {self.pick} needs a range in value")
        if self.change is not None and (self.value is not None or self.count is not None):
            raise ValueError("change compares two values; it takes neither value nor count nor pick")
        if (self.pick == "nearest") != (self.anchor is not None):
            raise ValueError("pick nearest and an anchor belong together")
        return self


class Evaluation(Leaf):
    """A stated code: the answer `value` to the question `concept`."""

    base = "evaluation"
    op: Literal["evaluation"]
    concept: Annotated[Codes | None, Code("f.concept")] = None
    value: Annotated[Codes | None, Code("f.value")] = None
    site: Annotated[Codes | None, Code("f.site")] = None
    laterality: Annotated[Codes | None, Code("f.laterality")] = None


class TextItem(Leaf):
    """A text of a report: an item, or a container whose content flows."""

    base = "text"
    op: Literal["text"]
    concept: Annotated[Codes | None, Code("f.concept")] = None
    section: Annotated[Codes | None, Code("f.section")] = None
    contains: Annotated[
        Annotated[
            Words,
            AfterValidator(_lowered),
            Field(description="Words, any of which occurs in the text in whatever case; no patterns"),
        ]
        | None,
        Contained("f.lowered", listed=False),
    ] = None


class Roi(Leaf):
    """A structure of an RT Structure Set, or a group of microscopy annotations (`kind`)."""

    base = "roi"
    op: Literal["roi"]
    kind: Annotated[Words | None, Text("f.kind")] = None
    name: Annotated[Words | None, Text("f.name")] = None
    description: Annotated[Words | None, Text("f.description", listed=False)] = None
    label: Annotated[Words | None, Text("f.observation_label")] = None
    interpreted_type: Annotated[Words | None, Text("f.interpreted_type")] = None
    generation: Annotated[Words | None, Text("f.generation")] = None
    property_type: Annotated[Codes | None, Code("f.property_type")] = None
    category: Annotated[Codes | None, Code("f.category")] = None
    graphic_type: Annotated[Words | None, TextList("f.graphic_types")] = None
    frame_of_reference_uid: Annotated[Words | None, Text("f.frame_of_reference_uid", listed=False)] = None
    volume: Annotated[Range | None, Number("f.volume_cm3", unit="cm3")] = None
    contours: Annotated[Range | None, Number("f.contour_count")] = None
    points: Annotated[Range | None, Number("f.point_count")] = None


class Attribute(Leaf):
    """A header value without a column of its own, once per series and place in the header."""

    base = "attribute"
    op: Literal["attribute"]
    tag: Annotated[
        Word,
        AfterValidator(canonical_tag),
        Field(description="GGGGEEEE, GGGG,EEEE or DICOM keyword; inside sequences joined by dots"),
        Tag("f.tag", listed=False),
    ]
    creator: Annotated[Words | None, Text("f.private_creator", listed=False)] = Field(
        default=None, validate_default=True
    )
    text: Annotated[Words | None, Text("f.text_value", listed=False)] = None
    value: Annotated[Range | None, Number("f.number_value", listed=False)] = None
    date: Annotated[DayRange | None, Day("f.day_value", listed=False)] = None

    @field_validator("creator")
    @classmethod
    def _private_elements_have_a_creator(cls, creator: Any, info: ValidationInfo) -> Any:
        tag = info.data.get("tag")
        if tag is None:
            return creator
        if not is_private(tag):
            if creator is not None:
                raise ValueError(f"{tag} is not private, and has no creator")
        elif creator is None and "creator" not in (info.data.get("missing") or ()):
            raise PydanticCustomError("missing", "a private element needs its creator, or creator in missing")
        return creator


class LeafAnchor(BaseModel):
    """A moment per unit: the first or the latest match of a clause, in days."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    of: Annotated[
        Patient | Study | Series | Waveform | Segment | Roi | Document | Measurement | Evaluation | TextItem,
        Discriminator("op"),
    ]
    pick: Literal["first", "latest"] = "first"

    @model_validator(mode="after")
    def _every_match_counts(self) -> Self:
        picks = isinstance(self.of, Measurement) and (self.of.pick != "any" or self.of.change is not None)
        if picks or self.of.count is not None or self.of.as_ is not None:
            raise ValueError("the clause of an anchor takes no pick, change, count or name")
        return self


Measurement.model_rebuild()
LEAVES: dict[str, type[Leaf]] = {
    "patient": Patient,
    "study": Study,
    "series": Series,
    "waveform": Waveform,
    "segment": Segment,
    "document": Document,
    "measurement": Measurement,
    "evaluation": Evaluation,
    "text": TextItem,
    "roi": Roi,
    "attribute": Attribute,
}
"""Every leaf by its `op`."""
