-- A number for each attribute of the entity-attribute-value table: kind of fact, concept, unit.
-- out: kind, concept, unit ('' for none), attribute
CREATE TEMP TABLE attribute_number AS
SELECT kind, concept, unit, row_number() OVER (ORDER BY kind, concept, unit)::INTEGER AS attribute
FROM (
    SELECT DISTINCT 'measurement' AS kind, concept, unit_canonical AS unit
    FROM live_measurement WHERE value IS NOT NULL
    UNION ALL SELECT DISTINCT 'evaluation', concept, '' FROM live_evaluation
    UNION ALL SELECT unnest(['sex', 'age', 'date', 'modality', 'slice_thickness', 'verification']), '', ''
)
