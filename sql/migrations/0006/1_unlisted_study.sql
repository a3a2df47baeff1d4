-- Which studies transactions have touched that `touched_study` lists no more, since the last publication.
CREATE TABLE unlisted_study (
    study_key  INTEGER NOT NULL,
    generation BIGINT NOT NULL
)
