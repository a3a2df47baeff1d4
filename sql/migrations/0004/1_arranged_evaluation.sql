-- Stated codes in the order in which questions read them: by concept, value and study; as arranged_measurement.
CREATE TABLE arranged_evaluation (
    concept      INTEGER,
    value        INTEGER,
    study_key    INTEGER,
    series_key   INTEGER,
    instance_key BIGINT,
    group_path   INTEGER,
    event_time   TIMESTAMP,
    site         INTEGER,
    laterality   INTEGER
)
