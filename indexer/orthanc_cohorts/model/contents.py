"""Tables of what a content tree holds and states (PS3.3 C.17.3).

Values only.
"""

from __future__ import annotations

from orthanc_cohorts.model.column import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    DOUBLES,
    INTEGER,
    INTEGERS,
    PATH,
    TEXT,
    TEXTS,
    TIMESTAMP,
    Column,
    Table,
    code,
    times,
)

DOCUMENT = Table(
    "document",
    "One row per SR document (any object with a root content item).",
    (
        *code("title", "the document title (concept name of the root)"),
        Column("template_identifier", TEXT, "Template of the root as stated; a hint only"),
        Column("mapping_resource", TEXT, "Mapping resource of that template"),
        Column("completion_flag", TEXT, "CompletionFlag"),
        Column("verification_flag", TEXT, "VerificationFlag"),
        Column("preliminary_flag", TEXT, "PreliminaryFlag"),
        Column("content_time", TIMESTAMP, "ContentDate and ContentTime, local"),
        Column("content_time_precision", TEXT, "Precision of content_time"),
        *code("language", "the language of the content"),
        Column("n_items", INTEGER, "Content items, the root and by-reference items included"),
        Column("n_num", INTEGER, "NUM items"),
        Column("n_code", INTEGER, "CODE items"),
        Column("n_text", INTEGER, "TEXT items"),
        Column("n_image_references", INTEGER, "IMAGE, WAVEFORM and COMPOSITE items"),
        Column("max_depth", INTEGER, "Depth of the deepest item, root is 0"),
        Column("completion_description", TEXT, "CompletionFlagDescription"),
        Column("verification_time", TIMESTAMP, "Latest VerificationDateTime, local"),
        *code("procedure", "the procedure reported, or that of the procedure context, at the root"),
    ),
    coded=("title", "language", "procedure"),
)

CONTENT_ITEM = Table(
    "content_item",
    "One row per content item of any object with a content tree; lossless.",
    (
        PATH,
        Column("parent_path", TEXT, "Path of the parent, NULL for the root"),
        Column("ordinal", INTEGER, "Position among its siblings, 1-based"),
        Column("depth", INTEGER, "Depth below the root, root is 0"),
        Column("relationship_type", TEXT, "RelationshipType as sent; NULL for the root"),
        Column("value_type", TEXT, "ValueType, normalised to the defined terms of PS3.3 C.17.3.2.1"),
        Column("value_type_raw", TEXT, "ValueType as sent, where it differs"),
        *code("concept", "the concept name"),
        Column("concept_scheme_version", TEXT, "Coding scheme version of the concept name"),
        Column("text_value", TEXT, "TextValue, UID, person name or date and time as sent"),
        Column("datetime_value", TIMESTAMP, "Value of DATE, TIME (on 1970-01-01) and DATETIME items, local"),
        Column("datetime_precision", TEXT, "Precision of datetime_value"),
        Column("timezone_offset", TEXT, "Offset suffix of a DATETIME, as sent"),
        Column("value", DOUBLE, "Number of a NUM item; NULL when none is stated, never 0"),
        Column("value_raw", TEXT, "NumericValue as sent"),
        Column("rational_numerator", BIGINT, "RationalNumeratorValue"),
        Column("rational_denominator", BIGINT, "RationalDenominatorValue"),
        *code("unit", "the unit of a NUM item"),
        *code("qualifier", "the reason why a NUM has no or a special value (CID 42)"),
        *code("value_code", "the value of a CODE item"),
        Column("continuity_of_content", TEXT, "ContinuityOfContent of a container"),
        Column("template_identifier", TEXT, "Template that the item itself states"),
        Column("mapping_resource", TEXT, "Mapping resource of that template"),
        Column("observation_time", TIMESTAMP, "ObservationDateTime, local"),
        Column("observation_uid", TEXT, "ObservationUID"),
        Column("graphic_type", TEXT, "GraphicType or TemporalRangeType of a coordinates item"),
        Column("graphic_data", DOUBLES, "Coordinates or sample positions of SCOORD, SCOORD3D, TCOORD"),
        Column("frame_of_reference_uid", TEXT, "ReferencedFrameOfReferenceUID of SCOORD3D"),
        Column("by_reference_path", TEXT, "Path of the target of a by-reference item, else NULL"),
    ),
    coded=("concept", "value_code"),
)

GROUP = Table(
    "observation_group",
    "One row per container that plays the measurement-group role, found by shape.",
    (
        PATH,
        Column("parent_group_path", TEXT, "Path of the group around it, if any"),
        Column("tracking_identifier", TEXT, "Tracking Identifier (112039, DCM)"),
        Column("tracking_uid", TEXT, "Tracking Unique Identifier (112040, DCM)"),
        *code("finding", "the finding"),
        *code("finding_category", "the finding category"),
        *code("site", "the finding site"),
        *code("laterality", "the laterality of the site"),
        *code("method", "the measurement method"),
        Column("activity_session", TEXT, "Activity Session (C67447, NCIt)"),
        Column("time_point", TEXT, "Time Point (C2348792, UMLS)"),
        Column("algorithm_name", TEXT, "Algorithm Name (111001, DCM)"),
        Column("algorithm_version", TEXT, "Algorithm Version (111003, DCM)"),
        Column("template_identifier", TEXT, "Template that the container states; a hint only"),
        *times("group"),
        *code(
            "procedure", "the procedure in force: the group's own, else that around it, the document's last"
        ),
        Column(
            "observer_path", TEXT, "Path in `participant` of the observers in force, NULL for none stated"
        ),
    ),
    coded=("finding", "finding_category", "site", "laterality", "method", "procedure"),
)

MEASUREMENT = Table(
    "measurement",
    "One row per value of a NUM item; one row without value where none is stated.",
    (
        PATH,
        Column("group_path", TEXT, "Path of the innermost observation group, NULL outside any"),
        Column("value_index", INTEGER, "1-based index in a backslash list, 1 for a single value"),
        *code("concept", "what is measured"),
        Column("value", DOUBLE, "The number in `unit_code`; NULL when none is stated, never 0"),
        Column("value_raw", TEXT, "The number as sent"),
        *code("unit", "the unit, as sent"),
        *code("qualifier", "the reason why there is no or a special value (CID 42)"),
        *code("derivation", "the derivation (mean, maximum, ...)"),
        *code("method", "the measurement method"),
        *code("site", "the finding site"),
        *code("laterality", "the laterality of the site"),
        Column("inherited", TEXTS, "Which of method, site, laterality come from around the item"),
        *times("measurement"),
        Column(
            "property_of", TEXT, "Path of the NUM item that this one qualifies (a percentile, an uncertainty)"
        ),
    ),
    coded=("concept", "qualifier", "derivation", "method", "site", "laterality"),
)

EVALUATION = Table(
    "evaluation",
    "One row per CODE item that states something; context concepts (language, observer, ...) are left out.",
    (
        PATH,
        Column("group_path", TEXT, "Path of the innermost observation group, NULL outside any"),
        Column("relationship_type", TEXT, "RelationshipType as sent"),
        *code("concept", "the question"),
        *code("value", "the answer"),
        *code("site", "the finding site"),
        *code("laterality", "the laterality of the site"),
        Column("inherited", TEXTS, "Which of site, laterality come from around the item"),
        *times("evaluation"),
        Column(
            "property_of", TEXT, "Path of the NUM item that this one qualifies (normality, selection status)"
        ),
    ),
    coded=("concept", "value", "site", "laterality"),
)

TEXT_ITEM = Table(
    "text_item",
    "One row per TEXT item, kept whole, and one per container whose content flows, in words.",
    (
        PATH,
        Column("group_path", TEXT, "Path of the innermost observation group, NULL outside any"),
        *code("concept", "the heading of the text"),
        Column("text", TEXT, "TextValue, line ends as sent; of a container its items in order"),
        Column("linearised", BOOLEAN, "Whether it is the text of a CONTINUOUS container, made of its items"),
        *code("section", "the innermost container with a heading around it"),
        *times("text"),
    ),
    coded=("concept", "section"),
)

CONTENT_EDGE = Table(
    "content_edge",
    "One row per by-reference relationship (PS3.3 C.17.3.2.5); those by value follow from the paths.",
    (
        PATH,
        Column("source_path", TEXT, "Path of the item that the relationship starts from"),
        Column("relationship_type", TEXT, "RelationshipType as sent"),
        Column("target_path", TEXT, "Path of the item that it leads to"),
        Column("target_exists", BOOLEAN, "Whether the document has an item at that path"),
    ),
)

CODE_ALTERNATIVE = Table(
    "code_alternative",
    "One row per code beside the one that a content item is known by.",
    (
        PATH,
        Column("role", TEXT, "`concept` or `value_code`: what the code stands beside"),
        Column("kind", TEXT, "`further` item of the sequence, or `equivalent` (EquivalentCodeSequence)"),
        Column("ordinal", INTEGER, "Position among the alternatives of the item, 1-based"),
        *code("code", "the alternative"),
    ),
    coded=("code",),
)

PARTICIPANT = Table(
    "participant",
    "One row per person, device or organization that took part in a document.",
    (
        Column("path", TEXT, "Path of the item that it observes for; NULL where the header names it"),
        Column("participation_type", TEXT, "ParticipationType of a participant"),
        Column("role", TEXT, "observer, author, verifier, participant, custodian"),
        Column("kind", TEXT, "`person`, `device` or `organization`; NULL where not stated"),
        Column("name", TEXT, "Name of the person or device, as sent"),
        *code("identification", "the identification of the person or organization"),
        Column("organization", TEXT, "Organization of the person"),
        *code("organization_role", "the role in the organization"),
        *code("procedure_role", "the role in the procedure"),
        Column("device_uid", TEXT, "UID of the device"),
        Column("manufacturer", TEXT, "Manufacturer of the device"),
        Column("manufacturer_model_name", TEXT, "Model of the device"),
        Column("device_serial_number", TEXT, "Serial number of the device"),
        Column("location", TEXT, "Physical location or station of the device"),
        Column("participation_time", TIMESTAMP, "When it took part or verified, local"),
    ),
    coded=("organization_role", "procedure_role"),
)

CONFORMANCE = Table(
    "conformance",
    "One row per rule of a template that a document breaks; found by the index, not by the flattener.",
    (
        PATH,
        Column("template_identifier", TEXT, "Template of PS3.16 that the document was checked against"),
        Column("rule", TEXT, "Stable name of the rule, for example `TID1501-row3-missing`"),
        Column("severity", TEXT, "`info`, `warning` or `error`"),
        Column("expected", TEXT, "What the template asks for"),
        Column("found", TEXT, "What was found: codes and types, never texts; NULL where nothing was"),
    ),
)

REGION = Table(
    "region",
    "One row per SCOORD, SCOORD3D or TCOORD item; its coordinates stand in `content_item`.",
    (
        PATH,
        Column("group_path", TEXT, "Path of the innermost observation group, NULL outside any"),
        Column("value_type", TEXT, "SCOORD, SCOORD3D or TCOORD"),
        Column("graphic_type", TEXT, "GraphicType or TemporalRangeType"),
        Column("n_points", INTEGER, "Points, or positions in time"),
        Column("frame_of_reference_uid", TEXT, "ReferencedFrameOfReferenceUID of SCOORD3D"),
        Column("pixel_origin", TEXT, "PixelOriginInterpretation: FRAME or VOLUME"),
        Column("fiducial_uid", TEXT, "FiducialUID"),
        *code("concept", "the purpose of the region"),
        Column("target_sop_class_uid", TEXT, "SOP class of the image selected from, NULL in space"),
        Column("target_sop_instance_uid", TEXT, "The image or waveform selected from, NULL in space"),
        Column("frames", INTEGERS, "ReferencedFrameNumber of that image"),
    ),
    coded=("concept",),
)
