-- Which arrangement there is.
-- out: number, below; one row, none before the first
SELECT number, below FROM arrangement
