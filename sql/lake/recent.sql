-- Studies that are not in the base of the lake, or not any more.
-- in:  table incoming(study_key)
-- out: study_key INTEGER, patient_key INTEGER, orthanc_id VARCHAR; by study_key
SELECT s.study_key, s.patient_key, s.orthanc_id
FROM study AS s
WHERE NOT EXISTS (
    SELECT 1
    FROM published_study AS p
    ANTI JOIN incoming AS d ON d.study_key = p.study_key
    WHERE p.study_key = s.study_key
)
ORDER BY s.study_key
