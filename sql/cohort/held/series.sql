-- Series with all their columns, for what is held in memory of them.
-- out: key INTEGER, and the columns of series; one row per series
SELECT s.series_key AS key, s.* FROM series AS s
