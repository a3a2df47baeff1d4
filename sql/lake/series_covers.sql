-- The number that stands in the lake for every series of some studies: 63 bits of the keyed digest of its Orthanc id.
-- in:  table incoming(study_key); $inner, $outer: of `Pseudonyms.blocks`
-- out: key INTEGER, cover BIGINT; by key
SELECT
    s.series_key AS key,
    (('0x' || substr(sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode(s.orthanc_id)))), 1, 16))::UBIGINT
        >> 1)::BIGINT AS cover
FROM series AS s
SEMI JOIN incoming AS c ON c.study_key = s.study_key
ORDER BY key
