-- One row per deviation from the standard that was met, and what was done about it.
CREATE TABLE problem (
    instance_key BIGINT NOT NULL,
    series_key   INTEGER NOT NULL,
    study_key    INTEGER NOT NULL,
    path         VARCHAR,
    tag          VARCHAR,
    rule         VARCHAR,
    severity     VARCHAR,
    raw_value    VARCHAR,
    action       VARCHAR
)
