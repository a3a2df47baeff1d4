-- One row per series and distinct header value that has no column elsewhere.
-- instance_keys: the instances of the series that state the value, ascending within one transaction.
CREATE TABLE attribute (
    instance_keys   BIGINT[] NOT NULL,
    series_key      INTEGER NOT NULL,
    study_key       INTEGER NOT NULL,
    tag             VARCHAR,
    item            VARCHAR,
    private_creator VARCHAR,
    vr              VARCHAR,
    value_index     INTEGER,
    text_value      VARCHAR,
    number_value    DOUBLE,
    time_value      TIMESTAMP
)
