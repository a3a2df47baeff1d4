-- One row per SOP instance that Orthanc holds.
-- orthanc_hash, sop_hash: first 64 bits of the SHA-1 of the Orthanc id / SOPInstanceUID, to find rows fast.
-- seq: Orthanc's last change number, read before the file was; older changes of this instance are skipped.
CREATE TABLE instance (
    instance_key               BIGINT NOT NULL,
    series_key                 INTEGER NOT NULL,
    study_key                  INTEGER NOT NULL,
    orthanc_hash               UBIGINT NOT NULL,
    sop_hash                   UBIGINT NOT NULL,
    orthanc_id                 VARCHAR,
    orthanc_series_id          VARCHAR,
    orthanc_study_id           VARCHAR,
    orthanc_patient_id         VARCHAR,
    attachment_uuid            VARCHAR,
    md5                        VARCHAR,
    size_bytes                 BIGINT,
    sop_instance_uid           VARCHAR,
    sop_class_uid              VARCHAR,
    series_instance_uid        VARCHAR,
    study_instance_uid         VARCHAR,
    transfer_syntax_uid        VARCHAR,
    instance_number            INTEGER,
    content_time               TIMESTAMP,
    acquisition_time           TIMESTAMP,
    acquisition_time_precision VARCHAR,
    timezone_offset            VARCHAR,
    character_set              VARCHAR,
    parse_status               VARCHAR,
    reader                     VARCHAR,
    seq                        BIGINT NOT NULL
)
