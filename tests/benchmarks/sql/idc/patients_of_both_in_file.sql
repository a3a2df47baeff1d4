-- The same on the Parquet file itself, without pandas.
-- in:  $one, $other: modalities; $parquet: path of idc_index.parquet
-- out: patients BIGINT; one row
SELECT count(DISTINCT PatientID) AS patients
FROM read_parquet($parquet)
WHERE Modality = $one AND PatientID IN (SELECT PatientID FROM read_parquet($parquet) WHERE Modality = $other)
