-- Which generation this is, what it has arranged, and up to where Orthanc's log of changes was followed.
-- Both tables have one row at most; other joins take twice as long.
-- out: arrangement: its number, NULL where nothing is arranged; generation, cursor_seq, orthanc_database: as in state
SELECT a.number AS arrangement, s.generation, s.cursor_seq, s.orthanc_database
FROM state AS s
POSITIONAL JOIN arrangement AS a
