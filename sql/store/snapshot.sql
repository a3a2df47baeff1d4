-- Which generation this is, what it has arranged, and up to where Orthanc's log of changes was followed.
-- out: arrangement: its number, NULL where nothing is arranged; generation, cursor_seq, orthanc_database: as in state
SELECT (SELECT number FROM arrangement) AS arrangement, generation, cursor_seq, orthanc_database FROM state
