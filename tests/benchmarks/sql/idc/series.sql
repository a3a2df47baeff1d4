-- Series of IDC's index, in the order of their studies.
-- in:  $parquet: path of idc_index.parquet; study; macros of archive/
INSERT INTO series BY NAME
SELECT
    row_number() OVER (ORDER BY s.study_key, i.SeriesInstanceUID)::INTEGER AS series_key,
    s.study_key,
    orthanc_id(i.PatientID || '|' || i.StudyInstanceUID || '|' || i.SeriesInstanceUID) AS orthanc_id,
    prefix_of(replace(orthanc_id, '-', '')) AS orthanc_hash,
    i.SeriesInstanceUID AS series_instance_uid,
    try_cast(i.SeriesNumber AS INTEGER) AS series_number,
    i.SOPClassUID AS sop_class_uid, i.TransferSyntaxUID AS transfer_syntax_uid, i.Modality AS modality,
    i.SeriesDescription AS series_description, i.BodyPartExamined AS body_part_examined,
    i.Manufacturer AS manufacturer, i.ManufacturerModelName AS manufacturer_model_name,
    try_cast(i.SeriesDate AS TIMESTAMP) AS series_time,
    i.instanceCount AS instance_count, (i.series_size_MB * 1000000)::BIGINT AS size_bytes
FROM read_parquet($parquet) AS i
JOIN study AS s ON s.orthanc_id = orthanc_id(i.PatientID || '|' || i.StudyInstanceUID)
ORDER BY series_key
