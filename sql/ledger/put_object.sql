-- Add a version of an object.
-- in:  $key, $version and every further column of object
INSERT INTO object
    (key, version, digest, study_instance_uid, series_instance_uid, sop_class_uid, sop_instance_uid, path)
VALUES
    ($key, $version, $digest, $study_instance_uid, $series_instance_uid, $sop_class_uid, $sop_instance_uid, $path)
