-- One row per code beside the one that a content item is known by.
CREATE TABLE code_alternative (
    instance_key BIGINT NOT NULL,
    series_key   INTEGER NOT NULL,
    study_key    INTEGER NOT NULL,
    path         VARCHAR,
    role         VARCHAR,
    kind         VARCHAR,
    ordinal      INTEGER,
    code_scheme  VARCHAR,
    code_code    VARCHAR,
    code_meaning VARCHAR,
    code         VARCHAR
)
