-- What is known of some patients.
-- in:  incoming: row, study_key of all their studies
-- out: row BIGINT, patient_sex VARCHAR, patient_birth_date DATE (NULL where studies disagree); one row per row
SELECT m.row, p.patient_sex, p.patient_birth_date
FROM (
    SELECT w.row, s.patient_key
    FROM incoming AS w
    JOIN study AS s ON s.study_key = w.study_key
    GROUP BY ALL
) AS m
JOIN patient AS p ON p.patient_key = m.patient_key
ORDER BY m.row
