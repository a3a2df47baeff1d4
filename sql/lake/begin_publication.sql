-- Note that there will be a publication, so that what changes from now on is kept for the one after it.
INSERT INTO publication
SELECT -1, NULL, NULL WHERE NOT EXISTS (FROM publication)
