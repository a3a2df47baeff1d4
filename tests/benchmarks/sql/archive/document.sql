-- Rows of document.
-- in:  made_report; $low, $high: number of the report's version, high excluded
INSERT INTO document BY NAME
SELECT
    instance_key, series_key, study_key,
    ['LN', 'LN', 'DCM', 'DCM', 'DCM'][1 + kind] AS title_scheme,
    ['11524-0', '59281-6', '126000', '126001', '113701'][1 + kind] AS title_code,
    ['EKG study', 'Echocardiography', 'Imaging Measurement Report', 'Oncology Measurement Report',
        'X-Ray Radiation Dose Report'][1 + kind] AS title_meaning,
    title_scheme || '|' || title_code AS title,
    ['3700', '5200', '1500', '1500', '10011'][1 + kind] AS template_identifier,
    'DCMR' AS mapping_resource,
    CASE WHEN chance(number, 31) < 0.9 THEN 'COMPLETE' ELSE 'PARTIAL' END AS completion_flag,
    CASE WHEN chance(number, 32) < 0.7 THEN 'VERIFIED' ELSE 'UNVERIFIED' END AS verification_flag,
    study_time + to_minutes(90) AS content_time,
    'second' AS content_time_precision,
    50 AS n_items, 30 AS n_num, 12 AS n_code, 2 AS n_text, 2 AS max_depth
FROM made_report
WHERE number >= $low AND number < $high
ORDER BY number
