-- Codes, with all that a question needs of them.
CREATE INDEX fact_code ON fact (attribute, code) INCLUDE (patient, entity, group_number, moment)
WHERE code IS NOT NULL
