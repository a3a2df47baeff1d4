-- Studies of IDC's index; one whose series are of two patients is two, as Orthanc sees it.
-- in:  $parquet: path of idc_index.parquet; macros of archive/
INSERT INTO study BY NAME
WITH one AS (
    SELECT
        PatientID, StudyInstanceUID,
        min(StudyDate) AS day, min(StudyDescription) AS description, min(PatientSex) AS sex, min(PatientAge) AS age,
        list_sort(list_distinct(list(Modality))) AS modalities,
        count(*) AS series_count, sum(instanceCount)::BIGINT AS instance_count
    FROM read_parquet($parquet)
    GROUP BY PatientID, StudyInstanceUID
)
SELECT
    row_number() OVER (ORDER BY day, PatientID, StudyInstanceUID)::INTEGER AS study_key,
    dense_rank() OVER (ORDER BY PatientID)::INTEGER AS patient_key,
    orthanc_id(PatientID || '|' || StudyInstanceUID) AS orthanc_id,
    orthanc_id(PatientID) AS orthanc_patient_id,
    prefix_of(replace(orthanc_id, '-', '')) AS orthanc_hash,
    StudyInstanceUID AS study_instance_uid,
    try_cast(day AS TIMESTAMP) AS study_time, 'day' AS study_time_precision,
    description AS study_description, nullif(sex, '') AS patient_sex,
    try_cast(regexp_extract(age, '^(\d{3})Y$', 1) AS DOUBLE) AS patient_age_years_min,
    patient_age_years_min AS patient_age_years_max,
    modalities, series_count, instance_count
FROM one
ORDER BY study_key
