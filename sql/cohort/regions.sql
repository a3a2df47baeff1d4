-- Anatomic regions as sent by instances; the index keeps no canonical column for them.
-- out: scheme VARCHAR, code VARCHAR
SELECT DISTINCT anatomic_region_scheme AS scheme, anatomic_region_code AS code
FROM live_instance_header
WHERE anatomic_region_code IS NOT NULL
