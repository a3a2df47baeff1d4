-- Forget earlier checks of given series.
-- in:  table incoming(orthanc_id)
DELETE FROM series_check WHERE orthanc_id IN (SELECT orthanc_id FROM incoming)
