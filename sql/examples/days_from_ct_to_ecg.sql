-- How long before and after their CT did patients have an ECG?
-- know: all dates of one patient are moved by the same days, so that intervals are true and dates are not; never
--       compare dates of two patients. Calendar days, as `temporal` of the cohort language counts them.
-- out:  patient_key; days_since_ecg INTEGER, from the last ECG before the first CT, days_until_ecg INTEGER, to the
--       first one after it, NULL where there is none; one row per patient with a CT, ordered
WITH ct AS (
    SELECT t.patient_key, min(s.first_acquisition_time) AS time
    FROM series AS s
    JOIN study AS t ON t.study_key = s.study_key
    WHERE s.modality = 'CT'
    GROUP BY t.patient_key
),
ecg AS (
    SELECT t.patient_key, s.first_acquisition_time AS time
    FROM series AS s
    JOIN study AS t ON t.study_key = s.study_key
    WHERE s.modality = 'ECG'
)
SELECT
    ct.patient_key,
    min(date_diff('day', ecg.time::DATE, ct.time::DATE)) FILTER (WHERE ecg.time <= ct.time) AS days_since_ecg,
    min(date_diff('day', ct.time::DATE, ecg.time::DATE)) FILTER (WHERE ecg.time > ct.time) AS days_until_ecg
FROM ct
LEFT JOIN ecg ON ecg.patient_key = ct.patient_key
GROUP BY ct.patient_key
ORDER BY ct.patient_key
