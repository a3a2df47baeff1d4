-- How long are QT and QTc of women, by ten years of age?
-- know: intervals are sent in ms here and in s there; value_canonical is in s everywhere. Age is that at the
--       study; who states neither age nor birth date is left out, and so is an item that could not be measured.
-- out:  age_from INTEGER, in years; patients, qt_values, qtc_values BIGINT; qt_ms, qtc_ms DOUBLE, means; ordered
SELECT
    (10 * floor(s.patient_age_years_max / 10))::INTEGER AS age_from,
    count(DISTINCT s.patient_key) AS patients,
    count(*) FILTER (WHERE m.concept = 'MDC|2:16160') AS qt_values,
    count(*) FILTER (WHERE m.concept = 'MDC|2:15876') AS qtc_values,
    1000 * avg(m.value_canonical) FILTER (WHERE m.concept = 'MDC|2:16160') AS qt_ms,
    1000 * avg(m.value_canonical) FILTER (WHERE m.concept = 'MDC|2:15876') AS qtc_ms
FROM measurement AS m
JOIN study AS s ON s.study_key = m.study_key
WHERE m.concept IN ('MDC|2:16160', 'MDC|2:15876')
  AND m.unit_canonical = 's'
  AND m.value IS NOT NULL
  AND s.patient_sex = 'F'
  AND s.patient_age_years_max IS NOT NULL
GROUP BY age_from
ORDER BY age_from
