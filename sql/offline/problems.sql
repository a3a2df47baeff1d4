-- How often each rule of the standard was broken, the most frequent first.
-- out: rule VARCHAR, n BIGINT
SELECT rule, count(*) AS n
FROM live_problem
GROUP BY rule
ORDER BY n DESC, rule
