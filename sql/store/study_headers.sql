-- Headers of all live instances of the dirty studies.
-- in:  table incoming(study_key)
-- out: the columns of instance_header that study and patient rows are made of, and the identifiers above
SELECT
    h.study_key,
    h.series_key,
    i.orthanc_study_id AS orthanc_id,
    i.orthanc_patient_id,
    i.study_instance_uid,
    h.patient_id,
    h.issuer_of_patient_id,
    h.patient_name,
    h.patient_sex,
    h.patient_birth_date,
    h.patient_age_years,
    h.patient_size_m,
    h.patient_weight_kg,
    h.patient_bmi,
    h.ethnic_group,
    h.study_time,
    h.study_time_precision,
    h.study_description,
    h.study_id,
    h.accession_number,
    h.institution_name,
    h.modality
FROM instance_header AS h
JOIN instance AS i ON i.instance_key = h.instance_key
SEMI JOIN incoming AS d ON d.study_key = h.study_key
ANTI JOIN tombstone AS dead ON dead.instance_key = h.instance_key
