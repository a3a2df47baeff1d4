-- Remember that series equalled Orthanc's at their LastUpdate, unless they were deleted meanwhile.
-- in:  table incoming(orthanc_id, last_update)
INSERT INTO series_check BY NAME
SELECT orthanc_id, last_update FROM incoming SEMI JOIN series USING (orthanc_id)
