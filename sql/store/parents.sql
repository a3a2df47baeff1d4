-- Known series and studies by Orthanc id.
-- in:  tables incoming(orthanc_hash) of series, beside(orthanc_hash) of studies
-- out: kind `series` or `study`, orthanc_id, key; for studies patient_key and study_time, else NULL
SELECT 'series' AS kind, orthanc_id, series_key AS key, NULL AS patient_key, NULL AS study_time
FROM series
WHERE orthanc_hash IN (SELECT orthanc_hash FROM incoming)
UNION ALL
SELECT 'study', orthanc_id, study_key, patient_key, study_time
FROM study
WHERE orthanc_hash IN (SELECT orthanc_hash FROM beside)
