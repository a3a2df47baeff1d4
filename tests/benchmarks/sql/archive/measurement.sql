-- Rows of measurement: six in each of five groups of a report. One in ten is sent in another unit, one in two hundred
-- wrongly without unit, one in a hundred with a qualifier instead of a value.
-- in:  made_report, kind_of_report, measured; $low, $high: number of the report's version, high excluded
INSERT INTO measurement BY NAME
WITH drawn AS (
    SELECT
        r.*, n, n // 6 + 1 AS g, r.number * 32 + n AS item,
        chance(r.number * 32 + n, 41) AS which, chance(r.number * 32 + n, 42) AS way,
        chance(r.number * 32 + n, 43) + chance(r.number * 32 + n, 44) + chance(r.number * 32 + n, 45) - 1.5 AS deviation,
        k.measured AS concepts
    FROM made_report AS r
    JOIN kind_of_report AS k ON k.kind = r.kind
    CROSS JOIN range(30) AS t(n)
    WHERE r.number >= $low AND r.number < $high
), sent AS (
    SELECT
        *,
        (kind * 1000 + rank_of(concepts, which)) * 10 + (way < 0.1)::INTEGER + 2 * (way >= 0.995)::INTEGER AS pick,
        way >= 0.5 AND way < 0.51 AS without
    FROM drawn
), valued AS (
    SELECT
        s.*, m.*,
        greatest(1, round(m.mean + 2 * m.spread * s.deviation)) AS ticks
    FROM sent AS s
    JOIN measured AS m ON m.pick = s.pick
)
SELECT
    instance_key, series_key, study_key,
    '1.' || (g + 2) || '.' || (n % 6 + 2) AS path,
    '1.' || (g + 2) AS group_path,
    1 AS value_index,
    concept_scheme, concept_code, concept_meaning, concept,
    CASE WHEN NOT without THEN ticks * sent_multiplier / sent_divisor END AS value,
    value::VARCHAR AS value_raw,
    CASE WHEN NOT without THEN 'UCUM' END AS unit_scheme,
    CASE WHEN NOT without THEN unit_code END AS unit_code,
    CASE WHEN NOT without THEN unit_code END AS unit_meaning,
    CASE WHEN without THEN 'DCM' END AS qualifier_scheme,
    CASE WHEN without THEN '114006' END AS qualifier_code,
    CASE WHEN without THEN 'Measurement failure' END AS qualifier_meaning,
    CASE WHEN without THEN 'DCM|114006' END AS qualifier,
    CASE WHEN kind = 2 AND g % 2 = 0 THEN 'SCT' END AS laterality_scheme,
    CASE WHEN kind = 2 AND g % 2 = 0 THEN if(g = 2, '24028007', '7771000') END AS laterality_code,
    CASE WHEN kind = 2 AND g % 2 = 0 THEN if(g = 2, 'Right', 'Left') END AS laterality_meaning,
    CASE WHEN kind = 2 AND g % 2 = 0 THEN if(g = 2, 'SCT|24028007', 'SCT|7771000') END AS laterality,
    CASE WHEN kind = 2 THEN g ELSE 0 END::INTEGER AS subject,
    CASE WHEN NOT without THEN unit END AS unit,
    CASE WHEN NOT without THEN ticks * multiplier / divisor END AS value_canonical,
    CASE WHEN NOT without THEN unit_canonical END AS unit_canonical
FROM valued
ORDER BY item
