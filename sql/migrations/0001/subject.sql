-- What the statements of an object speak of: its images and waveforms as a whole (0) or those of one item or group. The index resolves one clinical time for each.
-- event_time: resolved by the index from the targets present, else the study, else the content time.
CREATE TABLE subject (
    instance_key         BIGINT NOT NULL,
    series_key           INTEGER NOT NULL,
    study_key            INTEGER NOT NULL,
    subject              INTEGER,
    parent_subject       INTEGER,
    path                 VARCHAR,
    event_time           TIMESTAMP,
    event_time_source    VARCHAR,
    event_time_precision VARCHAR
)
