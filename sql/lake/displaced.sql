-- Studies in the base of the lake of which something has changed since.
-- in:  $since: a generation
-- out: study_key INTEGER, patient_key INTEGER, cover BIGINT; ascending
SELECT p.study_key, p.patient_key, p.cover
FROM published_study AS p
SEMI JOIN (
    SELECT study_key FROM touched_study WHERE generation > $since
    UNION ALL
    SELECT study_key FROM unlisted_study WHERE generation > $since
) AS changed ON changed.study_key = p.study_key
ORDER BY p.study_key
