-- Which studies a transaction has rebuilt: all whose rows it added, hid or derived again,
-- and those of which something is shown otherwise because of the former.
-- study_key: NULL for a mark: transactions up to that generation are not listed any more.
CREATE TABLE touched_study (
    study_key  INTEGER,
    generation BIGINT NOT NULL
)
