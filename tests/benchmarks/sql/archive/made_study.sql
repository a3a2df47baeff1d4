-- Studies in order of arrival over twelve years. Of three, two are of new patients, the third of an earlier one,
-- mostly a recent one; it has a second report, of a kind of its own.
-- in:  $studies BIGINT, a multiple of 3
-- out: study_key, number from 0, patient from 0, kind of its first and of its second report, study_time
CREATE TEMP TABLE made_study AS
WITH drawn AS (
    SELECT
        s AS number, s // 3 * 2 + 2 AS known, chance(s, 1) AS back, chance(s, 2) AS one, chance(s, 3) AS other,
        chance(s, 4) AS moment
    FROM range($studies) AS t(s)
)
SELECT
    (number + 1)::INTEGER AS study_key,
    number,
    (CASE WHEN number % 3 < 2 THEN number // 3 * 2 + number % 3
        ELSE known - 1 - floor(known * pow(back, 3))::BIGINT END)::INTEGER AS patient,
    (one >= 0.25)::INTEGER + (one >= 0.45)::INTEGER + (one >= 0.70)::INTEGER + (one >= 0.90)::INTEGER AS kind,
    CASE WHEN number % 3 = 0 THEN
        (other >= 0.25)::INTEGER + (other >= 0.45)::INTEGER + (other >= 0.70)::INTEGER + (other >= 0.90)::INTEGER
    END AS second_kind,
    TIMESTAMP '2014-01-01' + to_seconds(floor((number + moment) * 378432000 / $studies)::BIGINT) AS study_time
FROM drawn
