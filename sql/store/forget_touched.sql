-- Forget what old transactions have rebuilt, older marks too.
-- in:  $generation: up to this one
DELETE FROM touched_study WHERE generation <= $generation
