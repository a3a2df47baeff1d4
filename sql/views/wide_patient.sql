-- One row per person for BI tools: flat scalar columns only.
-- patient_id, issuer_of_patient_id: the smallest of the person's identities; patient_ids: all, joined with ','.
-- patient_sex, patient_birth_date: NULL where the studies of the person disagree. study_descriptions, modalities:
-- distinct, sorted, joined with ','. Counts and has_*: over all studies, see study_content.
CREATE VIEW wide_patient AS
WITH identity AS (
    SELECT
        patient_key,
        first(patient_id ORDER BY patient_id, issuer_of_patient_id) AS patient_id,
        first(issuer_of_patient_id ORDER BY patient_id, issuer_of_patient_id) AS issuer_of_patient_id,
        string_agg(DISTINCT patient_id, ',' ORDER BY patient_id) AS patient_ids
    FROM patient_identity
    GROUP BY patient_key
),
modality AS (
    SELECT patient_key, string_agg(DISTINCT modality, ',' ORDER BY modality) AS modalities
    FROM (SELECT patient_key, unnest(modalities) AS modality FROM study)
    GROUP BY patient_key
),
studies AS (
    SELECT
        s.patient_key,
        min(s.patient_age_years_min) AS patient_age_years_min,
        max(s.patient_age_years_max) AS patient_age_years_max,
        min(s.patient_size_m_min) AS patient_size_m_min,
        max(s.patient_size_m_max) AS patient_size_m_max,
        min(s.patient_weight_kg_min) AS patient_weight_kg_min,
        max(s.patient_weight_kg_max) AS patient_weight_kg_max,
        min(s.patient_bmi_min) AS patient_bmi_min,
        max(s.patient_bmi_max) AS patient_bmi_max,
        string_agg(DISTINCT s.study_description, ',' ORDER BY s.study_description) AS study_descriptions,
        sum(s.series_count)::BIGINT AS series_count,
        sum(s.instance_count)::BIGINT AS instance_count,
        sum(c.document_count)::BIGINT AS document_count,
        sum(c.segment_count)::BIGINT AS segment_count,
        sum(c.waveform_count)::BIGINT AS waveform_count,
        sum(c.measurement_count)::BIGINT AS measurement_count,
        sum(c.evaluation_count)::BIGINT AS evaluation_count,
        bool_or(c.has_ct) AS has_ct,
        bool_or(c.has_mr) AS has_mr,
        bool_or(c.has_pt) AS has_pt,
        bool_or(c.has_us) AS has_us,
        bool_or(c.has_xa) AS has_xa,
        bool_or(c.has_ecg) AS has_ecg,
        bool_or(c.has_seg) AS has_seg,
        bool_or(c.has_sr) AS has_sr,
        bool_or(c.has_rtstruct) AS has_rtstruct
    FROM study AS s
    JOIN study_content AS c ON c.study_key = s.study_key
    GROUP BY s.patient_key
)
SELECT
    p.patient_key,
    n.patient_id,
    n.issuer_of_patient_id,
    n.patient_ids,
    p.patient_sex,
    p.patient_birth_date,
    s.patient_age_years_min,
    s.patient_age_years_max,
    s.patient_size_m_min,
    s.patient_size_m_max,
    s.patient_weight_kg_min,
    s.patient_weight_kg_max,
    s.patient_bmi_min,
    s.patient_bmi_max,
    p.first_study_time,
    p.last_study_time,
    s.study_descriptions,
    m.modalities,
    p.study_count,
    s.series_count,
    s.instance_count,
    s.document_count,
    s.segment_count,
    s.waveform_count,
    s.measurement_count,
    s.evaluation_count,
    s.has_ct,
    s.has_mr,
    s.has_pt,
    s.has_us,
    s.has_xa,
    s.has_ecg,
    s.has_seg,
    s.has_sr,
    s.has_rtstruct
FROM patient AS p
JOIN studies AS s ON s.patient_key = p.patient_key
LEFT JOIN identity AS n ON n.patient_key = p.patient_key
LEFT JOIN modality AS m ON m.patient_key = p.patient_key
