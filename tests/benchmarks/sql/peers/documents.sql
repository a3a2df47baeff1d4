-- One JSON document per series of images or waveforms, with the reports and segmentations that speak of it inside, to a
-- file; as the index of Kaapana's `meta-index` has them, but for groups of objects instead of parallel arrays.
-- in:  $file: CSV to write
-- out: patient, document
COPY (
    WITH valued AS (
        SELECT
            f.instance_key, coalesce(string_split(f.group_path, '.')[2]::INTEGER, 0) AS number,
            list({
                'Concept': f.concept, 'Unit': f.unit_canonical, 'Value': f.value_canonical, 'Place': f.place
            }) AS items
        FROM (
            SELECT m.*, row_number() OVER (
                ORDER BY i.sop_instance_uid, string_split(m.path, '.')::INTEGER[], m.value_index
            ) AS place
            FROM live_measurement AS m
            JOIN instance AS i ON i.instance_key = m.instance_key
            WHERE m.value IS NOT NULL
        ) AS f
        GROUP BY ALL
    ), stated AS (
        SELECT
            instance_key, coalesce(string_split(group_path, '.')[2]::INTEGER, 0) AS number,
            list({'Concept': concept, 'Value': value}) AS items
        FROM live_evaluation
        GROUP BY ALL
    ), grouped AS (
        SELECT
            instance_key,
            list({
                'Group': nullif(number, 0), 'Quantitative': coalesce(v.items, []), 'Qualitative': coalesce(s.items, [])
            }) AS items
        FROM valued AS v
        FULL JOIN stated AS s USING (instance_key, number)
        GROUP BY instance_key
    ), target AS (
        SELECT DISTINCT r.instance_key, i.series_key
        FROM live_reference AS r
        JOIN live_instance AS i ON i.sop_hash = r.target_hash
    ), report AS (
        SELECT
            t.series_key,
            list({
                'Modality': 'SR', 'VerificationFlag': d.verification_flag, 'Time': e.event_time::VARCHAR,
                'Groups': g.items
            }) AS items
        FROM live_document AS d
        JOIN target AS t ON t.instance_key = d.instance_key
        JOIN live_subject AS e ON e.instance_key = d.instance_key AND e.subject = 0
        JOIN grouped AS g ON g.instance_key = d.instance_key
        GROUP BY t.series_key
    ), segmentation AS (
        SELECT
            study_key, list({'Modality': 'SEG', 'Time': first_acquisition_time::VARCHAR}) AS items
        FROM series WHERE modality = 'SEG' GROUP BY study_key
    )
    SELECT
        s.patient_key,
        to_json({
            'Modality': f.modality, 'SliceThickness': f.slice_thickness_mm_max,
            'Time': coalesce(f.first_acquisition_time, s.study_time)::VARCHAR, 'StudyTime': s.study_time::VARCHAR,
            'PatientSex': s.patient_sex, 'PatientAge': s.patient_age_years_min,
            'Reports': coalesce(r.items, []), 'Segmentations': coalesce(g.items, [])
        })
    FROM series AS f
    JOIN study AS s ON s.study_key = f.study_key
    LEFT JOIN report AS r ON r.series_key = f.series_key
    LEFT JOIN segmentation AS g ON g.study_key = f.study_key
    WHERE f.modality NOT IN ('SR', 'SEG')
) TO $file (FORMAT csv, HEADER false)
