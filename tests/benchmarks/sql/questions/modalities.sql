-- Modalities by their number of series.
-- out: modality, rows; commonest first
SELECT modality, count(*) AS rows FROM series GROUP BY modality ORDER BY rows DESC, modality
