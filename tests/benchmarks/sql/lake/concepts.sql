-- What is measured in the lake: how often, and where the values lie, in the unit that most of them are sent in.
-- out: concept, unit canonical, rows BIGINT; quantiles: the 0th, 5th ... 100th percentile; commonest first
SELECT
    concept, unit_canonical AS unit, count(*) AS rows,
    approx_quantile(value_canonical, [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0]) AS quantiles
FROM measurement
WHERE value_canonical IS NOT NULL
GROUP BY concept, unit_canonical
QUALIFY row_number() OVER (PARTITION BY concept ORDER BY count(*) DESC) = 1
ORDER BY rows DESC, concept
