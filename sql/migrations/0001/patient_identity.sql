-- One row per identity as sent; identities point to a person, and studies to theirs.
-- issuer_of_patient_id: as sent, else the configured default issuer.
-- study_instance_uid: set for an empty patient_id, which is one person per study (Orthanc merges them all).
-- identity_hash: first 64 bits of the SHA-1 of the identity.
CREATE TABLE patient_identity (
    patient_key          INTEGER NOT NULL,
    identity_hash        UBIGINT NOT NULL,
    patient_id           VARCHAR,
    issuer_of_patient_id VARCHAR,
    study_instance_uid   VARCHAR
)
