-- One row per SCOORD, SCOORD3D or TCOORD item; its coordinates stand in `content_item`.
CREATE TABLE region (
    instance_key            BIGINT NOT NULL,
    series_key              INTEGER NOT NULL,
    study_key               INTEGER NOT NULL,
    path                    VARCHAR,
    group_path              VARCHAR,
    value_type              VARCHAR,
    graphic_type            VARCHAR,
    n_points                INTEGER,
    frame_of_reference_uid  VARCHAR,
    pixel_origin            VARCHAR,
    fiducial_uid            VARCHAR,
    concept_scheme          VARCHAR,
    concept_code            VARCHAR,
    concept_meaning         VARCHAR,
    concept                 VARCHAR,
    target_sop_class_uid    VARCHAR,
    target_sop_instance_uid VARCHAR,
    frames                  INTEGER[]
)
