-- Numbers of the paths in the arranged tables, in the order of documents (1.10 after 1.9).
CREATE TABLE arranged_path (
    number INTEGER,
    path   VARCHAR
)
