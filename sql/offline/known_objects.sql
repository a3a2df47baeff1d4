-- Objects that are in the index under given identifiers.
-- in:  table incoming(orthanc_hash)
-- out: orthanc_id VARCHAR, md5 VARCHAR of the file; one row per object
SELECT i.orthanc_id, i.md5
FROM live_instance AS i
SEMI JOIN incoming AS k ON k.orthanc_hash = i.orthanc_hash
