-- One row per TEXT item, kept whole, and one per container whose content flows, in words.
CREATE TABLE text_item (
    instance_key       BIGINT NOT NULL,
    series_key         INTEGER NOT NULL,
    study_key          INTEGER NOT NULL,
    path               VARCHAR,
    group_path         VARCHAR,
    concept_scheme     VARCHAR,
    concept_code       VARCHAR,
    concept_meaning    VARCHAR,
    concept            VARCHAR,
    text               VARCHAR,
    linearised         BOOLEAN,
    section_scheme     VARCHAR,
    section_code       VARCHAR,
    section_meaning    VARCHAR,
    section            VARCHAR,
    subject            INTEGER,
    own_time           TIMESTAMP,
    own_time_source    VARCHAR,
    own_time_precision VARCHAR
)
