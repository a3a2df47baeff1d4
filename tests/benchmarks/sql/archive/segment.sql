-- Rows of segment: three per segmentation.
-- in:  made_series
INSERT INTO segment BY NAME
SELECT
    image AS instance_key, series_key, study_key,
    n::INTEGER AS segment_number,
    ['LV', 'Myocardium', 'RV'][n] AS segment_label,
    'SCT' AS category_scheme, '91723000' AS category_code, 'Anatomical structure' AS category_meaning,
    'SCT|91723000' AS category,
    'SCT' AS property_type_scheme,
    ['87878005', '70022001', '53085002'][n] AS property_type_code,
    ['Left ventricle', 'Myocardium of left ventricle', 'Right ventricle'][n] AS property_type_meaning,
    'SCT|' || property_type_code AS property_type,
    if(chance(series_key, 71) < 0.7, 'AUTOMATIC', 'MANUAL') AS algorithm_type,
    'BINARY' AS segmentation_type,
    60 AS number_of_frames
FROM made_series
CROSS JOIN range(1, 4) AS t(n)
WHERE slot = 3
ORDER BY image, n
