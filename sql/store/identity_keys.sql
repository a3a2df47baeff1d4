-- Persons that identities point to.
-- in:  table incoming(identity_hash)
-- out: identity_hash, patient_key
SELECT identity_hash, patient_key FROM patient_identity
WHERE identity_hash IN (SELECT identity_hash FROM incoming)
