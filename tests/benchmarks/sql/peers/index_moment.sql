-- Ranges of times that are values themselves.
CREATE INDEX fact_moment ON fact (attribute, moment) INCLUDE (patient, entity)
WHERE value IS NULL AND code IS NULL
