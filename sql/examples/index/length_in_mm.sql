-- Lengths within a closed range of millimetres, whatever unit of length the report uses (0.57 cm is 5.7 mm).
-- in:  $concept canonical 'SCHEME|code'; $low_mm, $high_mm DOUBLE or NULL (open)
-- out: sop_instance_uid; value, unit as sent; value_mm DOUBLE; ordered
SELECT
    SOPInstanceUID AS sop_instance_uid,
    Value AS value,
    Units.CodeValue AS unit,
    value_canonical AS value_mm
FROM quantitative_measurements
WHERE quantity_concept = $concept
  AND unit_canonical = 'mm'
  AND ($low_mm::DOUBLE IS NULL OR value_canonical >= $low_mm)
  AND ($high_mm::DOUBLE IS NULL OR value_canonical <= $high_mm)
ORDER BY value_mm, sop_instance_uid, string_split(path, '.')::INTEGER[], value_index
