-- Stated values that are not arranged, with the columns of arranged_measurement; conditions on f are appended with AND.
-- in:  $below: of instances whose key is not smaller
-- out: study_key, value; concept, unit, site, laterality, method, derivation VARCHAR
SELECT
    f.study_key,
    f.concept,
    coalesce(f.unit_canonical, '?' || coalesce(f.unit_code, '')) AS unit,
    coalesce(f.value_canonical, f.value) AS value,
    f.site,
    f.laterality,
    f.method,
    f.derivation
FROM measurement AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
WHERE f.instance_key >= $below AND f.value IS NOT NULL
