-- Write everything committed into the database file.
CHECKPOINT
