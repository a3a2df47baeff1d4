-- All values of one concept, whether the reports code it in SRT or in SCT: ask for the canonical code.
-- in:  $concept canonical 'SCHEME|code', for example 'SCT|410668003' (Length; SRT G-D7FE is the same)
-- out: sop_instance_uid, scheme, code as sent; value_canonical DOUBLE in unit_canonical; event_time; ordered
SELECT
    SOPInstanceUID AS sop_instance_uid,
    Quantity.CodingSchemeDesignator AS scheme,
    Quantity.CodeValue AS code,
    value_canonical,
    unit_canonical,
    event_time
FROM quantitative_measurements
WHERE quantity_concept = $concept
ORDER BY event_time, sop_instance_uid, string_split(path, '.')::INTEGER[], value_index
