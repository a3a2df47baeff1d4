-- Dose of a study: the sum over its distinct irradiation events (see dose_event).
-- An event repeated by reports of several studies counts for the study of its latest report.
-- out: one row per study with an event. A sum is NULL where no event states the quantity; events_with_* say how
--      many do. CTDIvol does not add up: its largest value. events_without_uid: nobody can tell if repeated.
CREATE VIEW dose_per_study AS
SELECT
    e.study_key,
    s.patient_key,
    e.study_instance_uid,
    count(DISTINCT coalesce(e.irradiation_event_uid, e.instance_key || ' ' || e.path)) AS event_count,
    count(DISTINCT coalesce(e.irradiation_event_uid, e.instance_key || ' ' || e.path))
        FILTER (WHERE e.kind = 'ct') AS ct_event_count,
    count(*) FILTER (WHERE e.irradiation_event_uid IS NULL) AS events_without_uid,
    min(e.event_time) AS first_event_time,
    max(e.event_time) AS last_event_time,
    fsum(e.dose_area_product_gy_m2) AS dose_area_product_gy_m2,
    count(e.dose_area_product_gy_m2) AS events_with_dose_area_product,
    fsum(e.dose_rp_gy) AS dose_rp_gy,
    count(e.dose_rp_gy) AS events_with_dose_rp,
    max(e.mean_ctdivol_mgy) AS mean_ctdivol_mgy_max,
    fsum(e.dlp_mgy_cm) AS dlp_mgy_cm,
    count(e.dlp_mgy_cm) AS events_with_dlp
FROM dose_event AS e
JOIN study AS s ON s.study_key = e.study_key
GROUP BY e.study_key, s.patient_key, e.study_instance_uid
