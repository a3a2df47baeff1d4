-- Reports in order of arrival; every 200th has replaced an earlier one, whose rows lie dead before it.
-- in:  $versions BIGINT, a multiple of 201; $first BIGINT: instance_key of the first; made_study, made_series
-- out: instance_key, series_key, study_key; number of the version, report that it is of, dead; image it speaks of
CREATE TEMP TABLE made_report AS
WITH version AS (
    SELECT q AS number, q // 201 * 200 + least(q % 201, 199) AS report, q % 201 = 199 AS dead
    FROM range($versions) AS t(q)
), placed AS (
    SELECT *, report * 3 // 4 AS study, report % 4 = 1 AS second FROM version
)
SELECT
    $first + v.number AS instance_key, r.series_key, s.study_key, v.number, v.report, v.dead, v.second,
    s.patient, s.study_time,
    CASE WHEN v.second THEN s.second_kind ELSE s.kind END AS kind,
    i.series_key AS image_series_key, i.image
FROM placed AS v
JOIN made_study AS s ON s.number = v.study
JOIN made_series AS r ON r.number = v.study AND r.slot = 0
JOIN made_series AS i ON i.number = v.study
    AND i.slot = CASE WHEN v.second AND s.second_kind <> s.kind THEN 2 ELSE 1 END
ORDER BY v.number
