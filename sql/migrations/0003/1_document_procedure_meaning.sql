-- procedure_meaning of document: what is around a statement (see 2_look_again).
ALTER TABLE document ADD COLUMN procedure_meaning VARCHAR
