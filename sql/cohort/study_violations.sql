-- Studies whose instances differ in a property asked, and of which one instance states something else.
-- in:  $varying names as in study.varies; the condition on h that an instance violates is appended with AND
-- out: key INTEGER (study_key), distinct
SELECT DISTINCT h.study_key AS key
FROM live_instance_header AS h
WHERE h.study_key IN (SELECT study_key FROM study WHERE list_has_any(varies, $varying::VARCHAR[]))
