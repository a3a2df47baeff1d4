-- Some studies.
-- in:  incoming: row of the patient, study_key
-- out: one row per study
SELECT
    w.row, s.study_key, s.orthanc_id, s.study_instance_uid, s.study_time, s.study_time_precision, s.study_description,
    s.accession_number, s.modalities, s.series_count, s.instance_count, s.varies
FROM incoming AS w
JOIN study AS s ON s.study_key = w.study_key
ORDER BY w.row, s.study_instance_uid, s.study_key
