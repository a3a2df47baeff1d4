-- One row per reference from any object to another.
-- target_hash: first 64 bits of the SHA-1 of target_sop_instance_uid.
CREATE TABLE "reference" (
    instance_key               BIGINT NOT NULL,
    series_key                 INTEGER NOT NULL,
    study_key                  INTEGER NOT NULL,
    target_hash                UBIGINT,
    path                       VARCHAR,
    kind                       VARCHAR,
    subject                    INTEGER,
    target_sop_class_uid       VARCHAR,
    target_sop_instance_uid    VARCHAR,
    target_series_instance_uid VARCHAR,
    target_study_instance_uid  VARCHAR,
    frames                     INTEGER[],
    segments                   INTEGER[],
    channels                   INTEGER[],
    purpose_scheme             VARCHAR,
    purpose_code               VARCHAR,
    purpose_meaning            VARCHAR,
    purpose                    VARCHAR
)
