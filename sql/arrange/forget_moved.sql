-- Forget the objects whose time the new tables have read.
-- in:  $generation of the snapshot they were built of
DELETE FROM moved WHERE generation <= $generation
