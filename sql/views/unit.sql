-- Every unit that a live measurement states, what it is in UCUM and in the unit of its dimension.
-- mapping: `repaired` where a spelling was mended or an annotation removed, `unknown` where no UCUM unit was found,
--          NULL as sent.
-- factor: canonical value by value as sent; NULL where no value tells, or where there is an offset (temperatures).
CREATE VIEW unit AS
SELECT
    unit_scheme AS scheme,
    unit_code AS code,
    unit_meaning AS meaning,
    unit AS ucum,
    unit_canonical AS canonical,
    CASE
        WHEN unit IS NULL THEN 'unknown'
        WHEN unit <> unit_code THEN 'repaired'
    END AS mapping,
    CASE
        WHEN unit_canonical IS DISTINCT FROM 'K' OR unit = 'K' THEN
            any_value(value_canonical / value) FILTER (value <> 0)
    END AS factor,
    count(*) AS n
FROM live_measurement
WHERE unit_code IS NOT NULL
GROUP BY unit_scheme, unit_code, unit_meaning, unit, unit_canonical
