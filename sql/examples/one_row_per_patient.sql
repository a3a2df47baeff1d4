-- Who is each patient, what is there of them, and what was last found?
-- know: one row per patient, for a BI tool or a model. NULL is "not stated", also of a diagnosis: false needs a
--       history that does not name it. Values are those of the latest event_time. A BMI outside 10 to 100 comes
--       from a size sent in cm or the like, and is left out. To keep it: COPY (...) TO 'patients.parquet'.
-- out:  patient_key, patient_sex; age_years, bmi DOUBLE at the last study that states them; has_ct, has_ecg,
--       has_segmentation BOOLEAN; qtc_ms, heart_rate_per_min, annulus_mm, calcium_mm3 DOUBLE;
--       diabetes, atrial_fibrillation BOOLEAN; one row per patient, ordered
WITH person AS (
    SELECT
        patient_key,
        last(patient_age_years_max ORDER BY study_time) FILTER (WHERE patient_age_years_max IS NOT NULL)
            AS age_years,
        last(patient_bmi_max ORDER BY study_time) FILTER (WHERE patient_bmi_max BETWEEN 10 AND 100) AS bmi,
        bool_or(list_contains(modalities, 'CT')) AS has_ct,
        bool_or(list_contains(modalities, 'ECG')) AS has_ecg,
        bool_or(list_contains(modalities, 'SEG')) AS has_segmentation
    FROM study
    GROUP BY patient_key
),
latest AS (
    SELECT
        s.patient_key,
        last(1000 * m.value_canonical ORDER BY m.event_time, m.instance_key, m.path)
            FILTER (WHERE m.concept = 'MDC|2:15876' AND m.unit_canonical = 's') AS qtc_ms,
        last(m.value_canonical ORDER BY m.event_time, m.instance_key, m.path)
            FILTER (WHERE m.concept = 'MDC|2:16016' AND m.unit_canonical = '/min') AS heart_rate_per_min,
        last(m.value_canonical ORDER BY m.event_time, d.content_time, m.instance_key, m.path)
            FILTER (WHERE m.concept = 'SCT|81827009' AND m.derivation = 'SCT|373098007') AS annulus_mm,
        last(m.value_canonical ORDER BY m.event_time, d.content_time, m.instance_key, m.path)
            FILTER (WHERE m.concept = 'SCT|118565006' AND m.site = 'SCT|34202007') AS calcium_mm3
    FROM measurement AS m
    JOIN study AS s ON s.study_key = m.study_key
    JOIN document AS d ON d.instance_key = m.instance_key
    WHERE m.value_canonical IS NOT NULL AND d.is_current
    GROUP BY s.patient_key
),
stated AS (
    SELECT
        s.patient_key,
        bool_or(e.value = 'SCT|73211009') FILTER (WHERE e.concept = 'SCT|418799008') AS diabetes,
        bool_or(e.value = 'SCT|49436004') FILTER (WHERE e.concept = 'DCM|121071' AND d.title = 'LN|11524-0')
            AS atrial_fibrillation
    FROM evaluation AS e
    JOIN study AS s ON s.study_key = e.study_key
    JOIN document AS d ON d.instance_key = e.instance_key
    GROUP BY s.patient_key
)
SELECT
    p.patient_key,
    p.patient_sex,
    person.age_years,
    person.bmi,
    person.has_ct,
    person.has_ecg,
    person.has_segmentation,
    latest.qtc_ms,
    latest.heart_rate_per_min,
    latest.annulus_mm,
    latest.calcium_mm3,
    stated.diabetes,
    stated.atrial_fibrillation
FROM patient AS p
LEFT JOIN person ON person.patient_key = p.patient_key
LEFT JOIN latest ON latest.patient_key = p.patient_key
LEFT JOIN stated ON stated.patient_key = p.patient_key
ORDER BY p.patient_key
