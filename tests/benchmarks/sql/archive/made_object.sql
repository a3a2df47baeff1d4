-- All objects, images first, each in order of arrival.
-- in:  made_series, made_report
-- out: instance_key, series_key, study_key; patient, modality, study_time, moment: when acquired or written;
--      uid of the object, of its series, of its study, patient_id
CREATE TEMP TABLE made_object AS
WITH object AS (
    SELECT
        image AS instance_key, series_key, study_key, patient, modality, study_time, slot, 'i' || image AS name
    FROM made_series
    WHERE image IS NOT NULL
    UNION ALL
    SELECT instance_key, series_key, study_key, patient, 'SR', study_time, NULL, 'r' || report
    FROM made_report
)
SELECT
    instance_key, series_key, study_key, patient, modality, study_time,
    study_time + to_minutes(CASE WHEN slot IS NULL THEN 90 ELSE 7 * slot END) AS moment,
    slot,
    '1.2.826.0.1.3680043.10.998.' || CASE WHEN slot IS NULL THEN '4.' ELSE '3.' END || substr(name, 2) AS uid,
    '1.2.826.0.1.3680043.10.998.2.' || series_key AS series_uid,
    '1.2.826.0.1.3680043.10.998.1.' || study_key AS study_uid,
    'P' || lpad(patient::VARCHAR, 8, '0') AS patient_id
FROM object
ORDER BY instance_key
