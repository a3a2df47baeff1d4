-- Subjects of given objects, with the times to fall back on.
-- in:  table incoming(instance_key)
-- out: instance_key, series_key, study_key, subject, parent_subject, path, content_time
SELECT
    s.instance_key, s.series_key, s.study_key, s.subject, s.parent_subject, s.path, i.content_time
FROM subject AS s
JOIN instance AS i ON i.instance_key = s.instance_key
SEMI JOIN incoming AS k ON k.instance_key = s.instance_key
