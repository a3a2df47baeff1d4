-- Orthanc's change log is followed from its beginning.
UPDATE state SET cursor_seq = 0
