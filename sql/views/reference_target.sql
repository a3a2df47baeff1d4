-- Where references lead that have a live target: one row per reference and target, several where copies of one
-- SOP instance UID are stored. The source series of a segmentation or report are the series of its targets.
CREATE VIEW reference_target AS
SELECT
    f.instance_key, f.series_key, f.study_key, f.path, f.kind, f.target_sop_instance_uid,
    i.instance_key AS target_instance_key,
    i.series_key AS target_series_key,
    i.study_key AS target_study_key
FROM "reference" AS f
JOIN instance AS i ON i.sop_hash = f.target_hash AND i.sop_instance_uid = f.target_sop_instance_uid
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
ANTI JOIN tombstone AS gone ON gone.instance_key = i.instance_key
