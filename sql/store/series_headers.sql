-- Headers of all live instances of the dirty series.
-- in:  table incoming(series_key)
-- out: the columns of instance_header, and of instance those that series rows are made of
SELECT
    h.*,
    i.orthanc_series_id AS orthanc_id,
    i.series_instance_uid,
    i.sop_class_uid,
    i.transfer_syntax_uid,
    i.acquisition_time,
    i.size_bytes
FROM instance_header AS h
JOIN instance AS i ON i.instance_key = h.instance_key
SEMI JOIN incoming AS d ON d.series_key = h.series_key
ANTI JOIN tombstone AS dead ON dead.instance_key = h.instance_key
