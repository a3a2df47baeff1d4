-- Studies whose rows lie in the base of the lake.
-- cover: what stands for study_key there.
CREATE TABLE published_study (
    study_key   INTEGER NOT NULL,
    patient_key INTEGER NOT NULL,
    cover       BIGINT NOT NULL
)
