-- Who has a CT and an ECG, in whichever studies?
-- know: an ECG is a series of waveforms; a report about one that is not in the archive is not.
-- out:  patient_key, patient_sex; ct_series, ecg_series BIGINT; one row per patient, ordered
SELECT
    t.patient_key,
    p.patient_sex,
    count(*) FILTER (WHERE s.modality = 'CT') AS ct_series,
    count(*) FILTER (WHERE s.modality = 'ECG') AS ecg_series
FROM series AS s
JOIN study AS t ON t.study_key = s.study_key
JOIN patient AS p ON p.patient_key = t.patient_key
GROUP BY t.patient_key, p.patient_sex
HAVING ct_series > 0 AND ecg_series > 0
ORDER BY t.patient_key
