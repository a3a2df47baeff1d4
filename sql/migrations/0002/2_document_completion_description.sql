-- Reports are read again for it (see 3_look_again).
ALTER TABLE document ADD COLUMN completion_description VARCHAR
