-- One row per study for BI tools: flat scalar columns only.
-- patient_id: of the person; the smallest where a person has several identities (see wide_patient). Lists as
-- text, joined with ','. Counts and has_*: see study_content. A text that varies within the study: the smallest.
CREATE VIEW wide_study AS
WITH identity AS (
    SELECT
        patient_key,
        first(patient_id ORDER BY patient_id, issuer_of_patient_id) AS patient_id,
        first(issuer_of_patient_id ORDER BY patient_id, issuer_of_patient_id) AS issuer_of_patient_id
    FROM patient_identity
    GROUP BY patient_key
)
SELECT
    s.study_key,
    s.patient_key,
    s.study_instance_uid,
    s.orthanc_id,
    n.patient_id,
    n.issuer_of_patient_id,
    s.accession_number,
    s.study_id,
    s.patient_sex,
    s.patient_birth_date,
    s.patient_age_years_min,
    s.patient_age_years_max,
    s.patient_size_m_min,
    s.patient_size_m_max,
    s.patient_weight_kg_min,
    s.patient_weight_kg_max,
    s.patient_bmi_min,
    s.patient_bmi_max,
    s.study_time,
    s.study_time_precision,
    s.study_description,
    c.series_descriptions,
    s.institution_name,
    array_to_string(s.modalities, ',') AS modalities,
    s.series_count,
    s.instance_count,
    c.document_count,
    c.segment_count,
    c.waveform_count,
    c.measurement_count,
    c.evaluation_count,
    c.has_ct,
    c.has_mr,
    c.has_pt,
    c.has_us,
    c.has_xa,
    c.has_ecg,
    c.has_seg,
    c.has_sr,
    c.has_rtstruct
FROM study AS s
JOIN study_content AS c ON c.study_key = s.study_key
LEFT JOIN identity AS n ON n.patient_key = s.patient_key
