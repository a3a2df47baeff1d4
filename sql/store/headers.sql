-- Headers of all live instances of the dirty studies, with what series and study rows take from `instance`.
-- in:  table incoming(study_key)
-- out: the columns of instance_header, then those named below
SELECT
    h.*,
    i.orthanc_series_id,
    i.orthanc_study_id,
    i.orthanc_patient_id,
    i.series_instance_uid,
    i.study_instance_uid,
    i.sop_class_uid,
    i.transfer_syntax_uid,
    i.acquisition_time,
    i.size_bytes
FROM instance_header AS h
JOIN instance AS i ON i.instance_key = h.instance_key
SEMI JOIN incoming AS d ON d.study_key = h.study_key
ANTI JOIN tombstone AS dead ON dead.instance_key = h.instance_key
