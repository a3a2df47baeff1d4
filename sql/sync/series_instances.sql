-- Instances of given series, as the index has them.
-- in:  table incoming(orthanc_hash) of series
-- out: series_id, orthanc_id
SELECT s.orthanc_id AS series_id, i.orthanc_id
FROM series AS s
JOIN live_instance AS i ON i.series_key = s.series_key
WHERE s.orthanc_hash IN (SELECT orthanc_hash FROM incoming)
