-- Rows of observation_group: five per report. Those of lesions and of cardiac MR are tracked over the reports of a
-- patient.
-- in:  made_report; $low, $high: number of the report's version, high excluded
INSERT INTO observation_group BY NAME
SELECT
    instance_key, series_key, study_key,
    '1.' || (g + 2) AS path,
    CASE WHEN kind IN (2, 3) THEN 'Lesion ' || g END AS tracking_identifier,
    CASE WHEN kind IN (2, 3) THEN '1.2.826.0.1.3680043.10.998.5.' || kind || '.' || patient || '.' || g END
        AS tracking_uid,
    CASE WHEN kind = 2 THEN '1411' WHEN kind = 3 THEN '1501' END AS template_identifier,
    CASE WHEN kind = 2 THEN g ELSE 0 END::INTEGER AS subject
FROM made_report
CROSS JOIN range(1, 6) AS t(g)
WHERE number >= $low AND number < $high
ORDER BY number, g
