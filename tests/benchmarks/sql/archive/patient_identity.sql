-- Rows of patient_identity: one per person.
-- in:  $patients BIGINT
INSERT INTO patient_identity BY NAME
SELECT
    (p + 1)::INTEGER AS patient_key,
    prefix_of(sha1('=P' || lpad(p::VARCHAR, 8, '0') || chr(0) || chr(0))) AS identity_hash,
    'P' || lpad(p::VARCHAR, 8, '0') AS patient_id
FROM range($patients) AS t(p)
