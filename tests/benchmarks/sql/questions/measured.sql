-- What the first reports measure: how often, and where the values lie, in the unit that most of them are sent in.
-- in:  $last: instance_key of the last report looked at
-- out: concept, unit UCUM canonical, rows; quantiles: the 0th, 5th ... 100th percentile; commonest first
SELECT
    concept, unit_canonical AS unit, count(*) AS rows,
    quantile_disc(value_canonical, [q / 20 FOR q IN range(21)]) AS quantiles
FROM live_measurement
WHERE instance_key <= $last AND value_canonical IS NOT NULL
GROUP BY concept, unit_canonical
QUALIFY row_number() OVER (PARTITION BY concept ORDER BY count(*) DESC) = 1
ORDER BY rows DESC, concept
