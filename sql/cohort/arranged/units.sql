-- In which units each concept was ever measured, as far as it is arranged.
-- out: concept INTEGER, unit INTEGER; each pair once
SELECT concept, unit FROM arranged_unit
