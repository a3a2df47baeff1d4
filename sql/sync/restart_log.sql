-- Orthanc's change numbers went back (a restored backup, a cleared log): earlier numbers mean nothing now.
-- in:  $cursor BIGINT
UPDATE state SET cursor_seq = $cursor
