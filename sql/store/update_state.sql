-- Remember what the index knows after a transaction.
-- in:  $generation, $instance, $series, $study, $patient: BIGINT; $cursor BIGINT and $orthanc_database VARCHAR,
--      NULL to leave them
UPDATE state
SET generation = $generation,
    cursor_seq = coalesce($cursor, cursor_seq),
    orthanc_database = coalesce($orthanc_database, orthanc_database),
    next_instance_key = $instance,
    next_series_key = $series,
    next_study_key = $study,
    next_patient_key = $patient
