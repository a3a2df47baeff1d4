-- Dose of one patient, every irradiation event counted once however many cumulative reports repeat it.
-- in:  $patient_id as sent
-- out: one row per person with that id: event_count BIGINT; sums in Gy.m2, Gy and mGy.cm, NULL where not stated
SELECT
    s.patient_key,
    count(DISTINCT coalesce(e.irradiation_event_uid, e.instance_key || ' ' || e.path)) AS event_count,
    fsum(e.dose_area_product_gy_m2) AS dose_area_product_gy_m2,
    fsum(e.dose_rp_gy) AS dose_rp_gy,
    fsum(e.dlp_mgy_cm) AS dlp_mgy_cm
FROM dose_event AS e
JOIN study AS s ON s.study_key = e.study_key
WHERE s.patient_key IN (SELECT patient_key FROM patient_identity WHERE patient_id = $patient_id)
GROUP BY s.patient_key
ORDER BY s.patient_key
