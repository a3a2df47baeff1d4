-- Forget what the publication of a generation has taken in.
-- in:  $generation
DELETE FROM unlisted_study WHERE generation <= $generation
