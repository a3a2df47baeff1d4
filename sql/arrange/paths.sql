-- Number every path of measurements and evaluations, and those of their groups.
-- out: rows of arranged_path_next
INSERT INTO arranged_path_next BY NAME
SELECT row_number() OVER (ORDER BY string_split(path, '.')::INTEGER[], path) AS number, path
FROM (
    SELECT path FROM measurement
    UNION SELECT group_path FROM measurement
    UNION SELECT group_path FROM evaluation
)
WHERE path IS NOT NULL
