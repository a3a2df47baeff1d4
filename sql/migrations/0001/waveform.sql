-- One row per multiplex group of a waveform object.
CREATE TABLE waveform (
    instance_key          BIGINT NOT NULL,
    series_key            INTEGER NOT NULL,
    study_key             INTEGER NOT NULL,
    multiplex_group       INTEGER,
    multiplex_group_label VARCHAR,
    waveform_originality  VARCHAR,
    number_of_channels    INTEGER,
    number_of_samples     BIGINT,
    sampling_frequency_hz DOUBLE,
    duration_s            DOUBLE,
    bits_allocated        INTEGER,
    sample_interpretation VARCHAR
)
