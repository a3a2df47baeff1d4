-- Number every code and unit that measurements and evaluations state.
-- out: rows of arranged_code_next
INSERT INTO arranged_code_next BY NAME
SELECT row_number() OVER (ORDER BY code) AS number, code
FROM (
    SELECT concept AS code FROM measurement
    UNION SELECT coalesce(unit_canonical, '?' || coalesce(unit_code, '')) FROM measurement
    UNION SELECT site FROM measurement
    UNION SELECT laterality FROM measurement
    UNION SELECT method FROM measurement
    UNION SELECT derivation FROM measurement
    UNION SELECT concept FROM evaluation
    UNION SELECT value FROM evaluation
    UNION SELECT site FROM evaluation
    UNION SELECT laterality FROM evaluation
)
WHERE code IS NOT NULL
