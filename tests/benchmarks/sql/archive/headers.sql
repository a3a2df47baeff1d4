-- Headers of the live instances of some studies, as the writer reads them to derive series and studies.
-- in:  $low, $high: study_key, high excluded
-- out: as store/headers
SELECT
    h.*,
    i.orthanc_series_id, i.orthanc_study_id, i.orthanc_patient_id, i.series_instance_uid, i.study_instance_uid,
    i.sop_class_uid, i.transfer_syntax_uid, i.acquisition_time, i.size_bytes
FROM instance_header AS h
JOIN instance AS i ON i.instance_key = h.instance_key
ANTI JOIN tombstone AS dead ON dead.instance_key = h.instance_key
WHERE h.study_key >= $low AND h.study_key < $high
