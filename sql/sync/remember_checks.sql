-- Remember that series equalled Orthanc's at their LastUpdate.
-- in:  table incoming(orthanc_id, last_update)
INSERT INTO series_check BY NAME SELECT orthanc_id, last_update FROM incoming
