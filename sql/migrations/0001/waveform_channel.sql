-- One row per channel of a multiplex group.
CREATE TABLE waveform_channel (
    instance_key           BIGINT NOT NULL,
    series_key             INTEGER NOT NULL,
    study_key              INTEGER NOT NULL,
    multiplex_group        INTEGER,
    channel                INTEGER,
    channel_label          VARCHAR,
    source_scheme          VARCHAR,
    source_code            VARCHAR,
    source_meaning         VARCHAR,
    source                 VARCHAR,
    sensitivity            DOUBLE,
    sensitivity_correction DOUBLE,
    baseline               DOUBLE,
    unit_scheme            VARCHAR,
    unit_code              VARCHAR,
    unit_meaning           VARCHAR,
    filter_low_hz          DOUBLE,
    filter_high_hz         DOUBLE,
    notch_filter_hz        DOUBLE
)
