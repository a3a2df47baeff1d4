-- One row per by-reference relationship (PS3.3 C.17.3.2.5); those by value follow from the paths.
CREATE TABLE content_edge (
    instance_key      BIGINT NOT NULL,
    series_key        INTEGER NOT NULL,
    study_key         INTEGER NOT NULL,
    path              VARCHAR,
    source_path       VARCHAR,
    relationship_type VARCHAR,
    target_path       VARCHAR,
    target_exists     BOOLEAN
)
