-- One row: what the index as a whole knows.
-- generation: raised by every transaction that changes rows.
-- cursor_seq: last Seq of Orthanc's change log that is fully indexed.
-- orthanc_database: identity of the Orthanc database that cursor_seq counts in.
CREATE TABLE state (
    schema_version    INTEGER NOT NULL,
    generation        BIGINT NOT NULL,
    cursor_seq        BIGINT NOT NULL,
    next_instance_key BIGINT NOT NULL,
    next_series_key   INTEGER NOT NULL,
    next_study_key    INTEGER NOT NULL,
    next_patient_key  INTEGER NOT NULL,
    orthanc_database  VARCHAR
)
