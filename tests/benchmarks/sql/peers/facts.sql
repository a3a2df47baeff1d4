-- Everything asked of as entity-attribute-value rows, to a file.
-- in:  attribute_number, code_number; $file: CSV to write
-- out: patient, entity (report, study or series), group_number (0 outside), attribute, code, value, moment, place: of
--      two values of one moment the later has the greater
COPY (
    WITH measured AS (
        SELECT
            s.patient_key AS patient, f.instance_key AS entity,
            coalesce(string_split(f.group_path, '.')[2]::INTEGER, 0) AS group_number,
            a.attribute, NULL::INTEGER AS code, f.value_canonical AS value, f.event_time AS moment,
            row_number() OVER (
                ORDER BY i.sop_instance_uid, string_split(f.path, '.')::INTEGER[], f.value_index
            ) AS place
        FROM live_measurement AS f
        JOIN study AS s ON s.study_key = f.study_key
        JOIN instance AS i ON i.instance_key = f.instance_key
        JOIN attribute_number AS a
            ON a.kind = 'measurement' AND a.concept = f.concept AND a.unit = f.unit_canonical
        WHERE f.value IS NOT NULL
    ), stated AS (
        SELECT
            s.patient_key, f.instance_key, coalesce(string_split(f.group_path, '.')[2]::INTEGER, 0), a.attribute,
            c.code, NULL::DOUBLE, f.event_time, NULL::BIGINT
        FROM live_evaluation AS f
        JOIN study AS s ON s.study_key = f.study_key
        JOIN attribute_number AS a ON a.kind = 'evaluation' AND a.concept = f.concept
        JOIN code_number AS c ON c.text = f.value
    ), of_documents AS (
        SELECT s.patient_key, f.instance_key, 0, a.attribute, c.code, NULL, NULL, NULL
        FROM live_document AS f
        JOIN study AS s ON s.study_key = f.study_key
        JOIN attribute_number AS a ON a.kind = 'verification'
        JOIN code_number AS c ON c.text = f.verification_flag
    ), of_studies AS (
        SELECT s.patient_key, s.study_key, 0, a.attribute, c.code, NULL, NULL, NULL
        FROM study AS s
        JOIN attribute_number AS a ON a.kind = 'sex'
        JOIN code_number AS c ON c.text = s.patient_sex
        UNION ALL
        SELECT s.patient_key, s.study_key, 0, a.attribute, NULL, s.patient_age_years_min, NULL, NULL
        FROM study AS s
        JOIN attribute_number AS a ON a.kind = 'age'
        UNION ALL
        SELECT s.patient_key, s.study_key, 0, a.attribute, NULL, NULL, s.study_time, NULL
        FROM study AS s
        JOIN attribute_number AS a ON a.kind = 'date'
    ), of_series AS (
        SELECT
            s.patient_key, f.series_key, 0, a.attribute, c.code, NULL,
            coalesce(f.first_acquisition_time, s.study_time), NULL
        FROM series AS f
        JOIN study AS s ON s.study_key = f.study_key
        JOIN attribute_number AS a ON a.kind = 'modality'
        JOIN code_number AS c ON c.text = f.modality
        UNION ALL
        SELECT s.patient_key, f.series_key, 0, a.attribute, NULL, f.slice_thickness_mm_max, NULL, NULL
        FROM series AS f
        JOIN study AS s ON s.study_key = f.study_key
        JOIN attribute_number AS a ON a.kind = 'slice_thickness'
        WHERE f.slice_thickness_mm_max IS NOT NULL
    )
    FROM measured
    UNION ALL FROM stated
    UNION ALL FROM of_documents
    UNION ALL FROM of_studies
    UNION ALL FROM of_series
) TO $file (FORMAT csv, HEADER false)
