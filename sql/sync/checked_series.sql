-- Series found equal to Orthanc's before.
-- out: orthanc_id, last_update
SELECT orthanc_id, last_update FROM series_check
