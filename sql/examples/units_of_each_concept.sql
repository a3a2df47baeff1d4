-- In which units is a quantity sent, and in how many reports without a value?
-- know: before a range is asked, look here. `unit` is UCUM of what was sent, `unit_canonical` that of its
--       dimension; two canonical units of one concept cannot be compared. Without a value both are NULL.
-- out:  concept canonical; unit, unit_canonical; documents, patients BIGINT; least, most DOUBLE in unit_canonical;
--       ordered
SELECT
    m.concept,
    m.unit,
    m.unit_canonical,
    count(DISTINCT m.instance_key) AS documents,
    count(DISTINCT s.patient_key) AS patients,
    min(m.value_canonical) AS least,
    max(m.value_canonical) AS most
FROM measurement AS m
JOIN study AS s ON s.study_key = m.study_key
GROUP BY m.concept, m.unit, m.unit_canonical
ORDER BY m.concept, m.unit
