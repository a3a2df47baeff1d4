-- One row per resolved person, derived from the studies.
-- patient_sex, patient_birth_date: NULL where the studies of the person disagree.
CREATE TABLE patient (
    patient_key        INTEGER NOT NULL,
    patient_sex        VARCHAR,
    patient_birth_date DATE,
    study_count        BIGINT,
    first_study_time   TIMESTAMP,
    last_study_time    TIMESTAMP
)
