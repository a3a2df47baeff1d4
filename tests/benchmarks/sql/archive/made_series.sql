-- Series of each study: 0 its reports, 1 the images or waveforms of the first report, 2 those of the second where
-- it is of another kind, 3 a segmentation of some CT and MR, 4 a second series of images.
-- in:  made_study, kind_of_report
-- out: series_key ascending with the study, image: instance_key of its one object, NULL for reports
CREATE TEMP TABLE made_series AS
WITH there AS (
    SELECT
        s.*, slot,
        CASE slot WHEN 0 THEN 'SR' WHEN 3 THEN 'SEG' WHEN 2 THEN other.modality ELSE first.modality END AS modality
    FROM made_study AS s
    JOIN kind_of_report AS first ON first.kind = s.kind
    LEFT JOIN kind_of_report AS other ON other.kind = s.second_kind
    CROSS JOIN range(5) AS t(slot)
    WHERE slot < 2
        OR (slot = 2 AND s.second_kind <> s.kind)
        OR (slot = 3 AND s.kind IN (2, 3) AND chance(s.number, 5) < 0.3)
        OR (slot = 4 AND s.kind >= 2 AND chance(s.number, 6) < 0.5)
)
SELECT
    row_number() OVER (ORDER BY number, slot)::INTEGER AS series_key,
    CASE WHEN slot > 0 THEN sum((slot > 0)::INTEGER) OVER (ORDER BY number, slot ROWS UNBOUNDED PRECEDING) END::BIGINT
        AS image,
    *
FROM there
