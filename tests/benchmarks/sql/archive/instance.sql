-- Rows of instance.
-- in:  made_object; $low, $high: instance_key, high excluded
INSERT INTO instance BY NAME
WITH named AS (
    SELECT
        *,
        orthanc_id(concat_ws('|', patient_id, study_uid, series_uid, uid)) AS orthanc_id,
        orthanc_id(concat_ws('|', patient_id, study_uid, series_uid)) AS orthanc_series_id,
        orthanc_id(concat_ws('|', patient_id, study_uid)) AS orthanc_study_id,
        orthanc_id(patient_id) AS orthanc_patient_id
    FROM made_object
    WHERE instance_key >= $low AND instance_key < $high
)
SELECT
    instance_key, series_key, study_key,
    prefix_of(replace(orthanc_id, '-', '')) AS orthanc_hash,
    prefix_of(sha1(uid)) AS sop_hash,
    orthanc_id, orthanc_series_id, orthanc_study_id, orthanc_patient_id,
    'made-' || instance_key AS attachment_uuid,
    md5(uid) AS md5,
    CASE modality WHEN 'SR' THEN 14000 WHEN 'ECG' THEN 125000 ELSE 80000000 END AS size_bytes,
    uid AS sop_instance_uid,
    CASE modality
        WHEN 'SR' THEN '1.2.840.10008.5.1.4.1.1.88.33' WHEN 'ECG' THEN '1.2.840.10008.5.1.4.1.1.9.1.1'
        WHEN 'US' THEN '1.2.840.10008.5.1.4.1.1.3.1' WHEN 'CT' THEN '1.2.840.10008.5.1.4.1.1.2.1'
        WHEN 'MR' THEN '1.2.840.10008.5.1.4.1.1.4.1' ELSE '1.2.840.10008.5.1.4.1.1.66.4' END AS sop_class_uid,
    series_uid AS series_instance_uid,
    study_uid AS study_instance_uid,
    '1.2.840.10008.1.2.1' AS transfer_syntax_uid,
    1 AS instance_number,
    moment AS content_time,
    CASE WHEN modality <> 'SR' THEN moment END AS acquisition_time,
    CASE WHEN modality <> 'SR' THEN 'second' END AS acquisition_time_precision,
    'ok' AS parse_status,
    'scan' AS reader,
    instance_key AS seq
FROM named
ORDER BY instance_key
