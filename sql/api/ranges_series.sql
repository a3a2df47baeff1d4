-- What series say in numbers: the range of each, for GET fields.
-- out: property VARCHAR; low, high DOUBLE; rows, patients BIGINT
SELECT property, min(low) AS low, max(high) AS high, count(*) AS rows, count(DISTINCT patient_key) AS patients
FROM (
    SELECT 'instances' AS property, s.instance_count AS low, s.instance_count AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'rows' AS property, s.rows_min AS low, s.rows_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'columns' AS property, s.columns_min AS low, s.columns_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'frames' AS property, s.number_of_frames_min AS low, s.number_of_frames_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'pixel_spacing_row' AS property, s.pixel_spacing_row_mm_min AS low, s.pixel_spacing_row_mm_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'pixel_spacing_column' AS property, s.pixel_spacing_column_mm_min AS low, s.pixel_spacing_column_mm_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'slice_thickness' AS property, s.slice_thickness_mm_min AS low, s.slice_thickness_mm_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'spacing_between_slices' AS property, s.spacing_between_slices_mm_min AS low, s.spacing_between_slices_mm_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'kvp' AS property, s.kvp_min AS low, s.kvp_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'exposure' AS property, s.exposure_mas_min AS low, s.exposure_mas_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'exposure_time' AS property, s.exposure_time_ms_min AS low, s.exposure_time_ms_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'tube_current' AS property, s.x_ray_tube_current_ma_min AS low, s.x_ray_tube_current_ma_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'pitch' AS property, s.spiral_pitch_factor_min AS low, s.spiral_pitch_factor_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'ctdivol' AS property, s.ctdivol_mgy_min AS low, s.ctdivol_mgy_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'magnetic_field_strength' AS property, s.magnetic_field_strength_t_min AS low, s.magnetic_field_strength_t_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'repetition_time' AS property, s.repetition_time_ms_min AS low, s.repetition_time_ms_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'echo_time' AS property, s.echo_time_ms_min AS low, s.echo_time_ms_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'inversion_time' AS property, s.inversion_time_ms_min AS low, s.inversion_time_ms_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'flip_angle' AS property, s.flip_angle_deg_min AS low, s.flip_angle_deg_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'radionuclide_total_dose' AS property, s.radionuclide_total_dose_bq_min AS low, s.radionuclide_total_dose_bq_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'compression_force' AS property, s.compression_force_n_min AS low, s.compression_force_n_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'mechanical_index' AS property, s.mechanical_index_min AS low, s.mechanical_index_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'positioner_primary_angle' AS property, s.positioner_primary_angle_deg_min AS low, s.positioner_primary_angle_deg_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
    UNION ALL
    SELECT 'positioner_secondary_angle' AS property, s.positioner_secondary_angle_deg_min AS low, s.positioner_secondary_angle_deg_max AS high, u.patient_key
    FROM series AS s
    JOIN study AS u ON u.study_key = s.study_key
)
WHERE low IS NOT NULL
GROUP BY property
ORDER BY property
