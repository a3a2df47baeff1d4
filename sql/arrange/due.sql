-- How much lies in the arranged tables, and how much beside them.
-- out: arranged, later: rows; moved: objects whose time in the arranged tables may be old; one row
SELECT
    (SELECT count(*) FROM arranged_measurement) + (SELECT count(*) FROM arranged_evaluation) AS arranged,
    (SELECT count(*) FROM measurement WHERE instance_key >= b.below)
        + (SELECT count(*) FROM evaluation WHERE instance_key >= b.below) AS later,
    (SELECT count(*) FROM moved) AS moved
FROM (SELECT coalesce(max(below), 0) AS below FROM arrangement) AS b
