-- The latest value of each patient.
CREATE INDEX fact_latest ON fact (attribute, patient, moment DESC, place DESC) INCLUDE (value)
WHERE place IS NOT NULL
