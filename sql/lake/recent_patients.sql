-- Patients that are not in the base of the lake, or not any more.
-- in:  table incoming(patient_key): displaced
-- out: patient_key INTEGER; ascending
SELECT s.patient_key
FROM patient AS s
WHERE NOT EXISTS (
    SELECT 1
    FROM published_patient AS p
    ANTI JOIN incoming AS d ON d.patient_key = p.patient_key
    WHERE p.patient_key = s.patient_key
)
ORDER BY s.patient_key
