-- Studies whose rows are shown otherwise than before, because of objects of other studies that came or went.
-- in:  tables incoming(sop_hash): of what came or went; beside(sop_hash): named as a predecessor by what did
-- out: study_key; distinct
SELECT r.study_key
FROM reference AS r
SEMI JOIN incoming AS t ON t.sop_hash = r.target_hash
UNION
SELECT i.study_key
FROM instance AS i
SEMI JOIN beside AS n ON n.sop_hash = i.sop_hash
