-- The number that stands in the lake for every live instance of some studies: 63 bits of the keyed digest of its Orthanc id.
-- in:  table incoming(study_key); $inner, $outer: of `Pseudonyms.blocks`
-- out: key BIGINT, cover BIGINT; by key
SELECT
    i.instance_key AS key,
    (('0x' || substr(sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode(i.orthanc_id)))), 1, 16))::UBIGINT
        >> 1)::BIGINT AS cover
FROM live_instance AS i
SEMI JOIN incoming AS c ON c.study_key = i.study_key
ORDER BY key
