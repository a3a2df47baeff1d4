-- Every series, for the numbers that stand for them in the lake.
-- out: key INTEGER, orthanc_id VARCHAR
SELECT series_key AS key, orthanc_id FROM series ORDER BY series_key
