-- Does valve calcium go with a conduction disorder that the first ECG did not show yet?
-- know: an outcome is what came after a baseline, told apart by event_time alone. A patient without a later ECG
--       report has NULL there: unknown, not "no". An outcome from elsewhere takes the place of `finding` and joins
--       by patient_key.
-- out:  patient_key; calcium_mm3 DOUBLE; at_first, later BOOLEAN: left bundle branch block or pacing in the first
--       ECG report, in one after it; one row per patient with a stated volume, ordered
WITH calcium AS (
    SELECT
        s.patient_key,
        last(m.value_canonical ORDER BY m.event_time, d.content_time, m.instance_key) AS calcium_mm3
    FROM measurement AS m
    JOIN study AS s ON s.study_key = m.study_key
    JOIN document AS d ON d.instance_key = m.instance_key
    WHERE m.concept = 'SCT|118565006'
      AND m.site = 'SCT|34202007'
      AND m.value_canonical IS NOT NULL
      AND d.is_current
    GROUP BY s.patient_key
),
finding AS (
    SELECT
        s.patient_key,
        e.event_time,
        e.value IN ('SCT|63467002', 'SCT|10370003') AS disordered,
        min(e.event_time) OVER (PARTITION BY s.patient_key) AS first_time
    FROM evaluation AS e
    JOIN study AS s ON s.study_key = e.study_key
    JOIN document AS d ON d.instance_key = e.instance_key
    WHERE e.concept = 'DCM|121071' AND d.title = 'LN|11524-0'
)
SELECT
    c.patient_key,
    c.calcium_mm3,
    bool_or(f.disordered) FILTER (WHERE f.event_time = f.first_time) AS at_first,
    bool_or(f.disordered) FILTER (WHERE f.event_time > f.first_time) AS later
FROM calcium AS c
LEFT JOIN finding AS f ON f.patient_key = c.patient_key
GROUP BY c.patient_key, c.calcium_mm3
ORDER BY c.patient_key
