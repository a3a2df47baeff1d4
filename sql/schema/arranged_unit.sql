-- The units in which each concept of arranged_measurement is measured; more than these never, fewer once rows died.
CREATE TABLE arranged_unit (
    concept INTEGER,
    unit    INTEGER
)
