-- What the next publication goes on from.
-- out: generation BIGINT, -1 before the first has ended; layout, files VARCHAR, both JSON; no row before the first
SELECT generation, layout, files FROM publication
