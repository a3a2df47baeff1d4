-- Rebuild the rows of study from the headers of all their live instances.
-- in:  table dirty_study(study_key, patient_key, orthanc_hash), whose rows in study were deleted before
-- out: one row of study per dirty study that still has an instance
INSERT INTO study BY NAME
SELECT
    h.study_key,
    any_value(k.patient_key) AS patient_key,
    any_value(k.orthanc_hash) AS orthanc_hash,
    any_value(i.orthanc_study_id) AS orthanc_id,
    any_value(i.orthanc_patient_id) AS orthanc_patient_id,
    any_value(i.study_instance_uid) AS study_instance_uid,
    min(h.study_time) AS study_time,
    arg_min(h.study_time_precision, h.study_time) AS study_time_precision,
    min(h.patient_birth_date) AS patient_birth_date,
    min(h.study_description) AS study_description,
    min(h.study_id) AS study_id,
    min(h.accession_number) AS accession_number,
    min(h.patient_sex) AS patient_sex,
    min(h.ethnic_group) AS ethnic_group,
    min(h.patient_name) AS patient_name,
    min(h.patient_age_years) AS patient_age_years_min,
    max(h.patient_age_years) AS patient_age_years_max,
    min(h.patient_size_m) AS patient_size_m_min,
    max(h.patient_size_m) AS patient_size_m_max,
    min(h.patient_weight_kg) AS patient_weight_kg_min,
    max(h.patient_weight_kg) AS patient_weight_kg_max,
    min(h.patient_bmi) AS patient_bmi_min,
    max(h.patient_bmi) AS patient_bmi_max,
    list_sort(list(DISTINCT h.modality) FILTER (h.modality IS NOT NULL)) AS modalities,
    min(h.institution_name) AS institution_name,
    count(DISTINCT h.series_key) AS series_count,
    count(*) AS instance_count,
    string_split(nullif(concat_ws(',',
        CASE WHEN min(h.patient_birth_date) <> max(h.patient_birth_date) THEN 'patient_birth_date' END,
        CASE WHEN min(h.study_time) <> max(h.study_time) THEN 'study_time' END,
        CASE WHEN min(h.study_description) <> max(h.study_description) THEN 'study_description' END,
        CASE WHEN min(h.study_id) <> max(h.study_id) THEN 'study_id' END,
        CASE WHEN min(h.accession_number) <> max(h.accession_number) THEN 'accession_number' END,
        CASE WHEN min(h.patient_sex) <> max(h.patient_sex) THEN 'patient_sex' END,
        CASE WHEN min(h.ethnic_group) <> max(h.ethnic_group) THEN 'ethnic_group' END,
        CASE WHEN min(h.patient_name) <> max(h.patient_name) THEN 'patient_name' END,
        CASE WHEN min(h.institution_name) <> max(h.institution_name) THEN 'institution_name' END
    ), ''), ',') AS varies
FROM instance_header AS h
JOIN instance AS i USING (instance_key)
JOIN dirty_study AS k ON k.study_key = h.study_key
ANTI JOIN tombstone AS dead ON dead.instance_key = h.instance_key
GROUP BY h.study_key
