-- Rows of instance_header.
-- in:  made_object; $low, $high: instance_key, high excluded
INSERT INTO instance_header BY NAME
WITH person AS (
    SELECT
        *,
        DATE '1925-01-01' + (chance(patient, 11) * 25000)::INTEGER AS born,
        round(1.5 + 0.45 * chance(patient, 12), 2) AS size,
        round(45 + 70 * chance(study_key, 13), 1) AS weight,
        floor(chance(series_key, 14) * 6)::INTEGER AS device
    FROM made_object
    WHERE instance_key >= $low AND instance_key < $high
)
SELECT
    instance_key, series_key, study_key,
    patient_id,
    'Generated^' || patient AS patient_name,
    CASE WHEN chance(patient, 15) < 0.49 THEN 'M' WHEN chance(patient, 15) < 0.99 THEN 'F' END AS patient_sex,
    born AS patient_birth_date,
    date_diff('year', born, study_time::DATE)::DOUBLE AS patient_age_years,
    size AS patient_size_m,
    weight AS patient_weight_kg,
    round(weight / (size * size), 4) AS patient_bmi,
    study_time,
    'second' AS study_time_precision,
    ['Heart', 'Thorax', 'Follow-up', 'Stress', 'Screening'][1 + floor(chance(study_key, 16) * 5)::INTEGER]
        AS study_description,
    'S' || study_key AS study_id,
    ['North', 'South', 'East'][1 + floor(chance(study_key, 17) * 3)::INTEGER] AS institution_name,
    modality,
    coalesce(slot, 0)::INTEGER AS series_number,
    modality || ' ' || ['axial', 'standard', 'rest', 'review'][1 + floor(chance(series_key, 18) * 4)::INTEGER]
        AS series_description,
    study_time + to_minutes(7 * coalesce(slot, 0)) AS series_time,
    CASE WHEN modality IN ('CT', 'MR') THEN ['CHEST', 'HEART', 'ABDOMEN'][1 + floor(chance(study_key, 19) * 3)::INTEGER]
        END AS body_part_examined,
    CASE WHEN modality IN ('CT', 'MR') THEN ['SCT|816094009', 'SCT|80891009', 'SCT|818983003'][
        1 + floor(chance(study_key, 19) * 3)::INTEGER] END AS body_part,
    CASE WHEN modality <> 'SR' THEN 'Maker ' || device END AS manufacturer,
    CASE WHEN modality <> 'SR' THEN 'Model ' || device || floor(chance(series_key, 20) * 4)::INTEGER END
        AS manufacturer_model_name,
    CASE WHEN modality IN ('CT', 'MR', 'SEG') THEN 512 WHEN modality = 'US' THEN 768 END::INTEGER AS "rows",
    CASE WHEN modality IN ('CT', 'MR', 'SEG') THEN 512 WHEN modality = 'US' THEN 1024 END::INTEGER AS "columns",
    CASE WHEN modality IN ('CT', 'MR', 'SEG', 'US') THEN 60 + floor(chance(series_key, 21) * 300) END::INTEGER
        AS number_of_frames,
    CASE WHEN modality IN ('CT', 'MR') THEN [0.6, 1.0, 1.5, 2.0, 3.0, 5.0][1 + floor(chance(series_key, 22) * 6)::INTEGER]
        END AS slice_thickness_mm,
    CASE WHEN modality = 'CT' THEN [80.0, 100.0, 120.0][1 + floor(chance(series_key, 23) * 3)::INTEGER] END AS kvp,
    CASE WHEN modality = 'MR' THEN [1.5, 3.0][1 + floor(chance(series_key, 24) * 2)::INTEGER] END
        AS magnetic_field_strength_t
FROM person
ORDER BY instance_key
