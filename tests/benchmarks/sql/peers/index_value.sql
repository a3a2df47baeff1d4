-- Ranges of values, with all that a question needs of them.
CREATE INDEX fact_value ON fact (attribute, value) INCLUDE (patient, entity, group_number, moment)
WHERE value IS NOT NULL
