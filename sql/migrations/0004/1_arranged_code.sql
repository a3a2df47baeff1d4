-- Numbers of the codes and units in the arranged tables.
CREATE TABLE arranged_code (
    number INTEGER,
    code   VARCHAR
)
