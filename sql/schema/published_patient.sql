-- Patients whose row lies in the base of the lake.
-- cover: what stands for patient_key there.
CREATE TABLE published_patient (
    patient_key INTEGER NOT NULL,
    cover       BIGINT NOT NULL
)
