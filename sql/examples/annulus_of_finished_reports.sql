-- What is the diameter of the aortic annulus, as the finished report states it?
-- know: a lake holds every document. Left out are drafts (partial or preliminary), and what another report names
--       as its predecessor (is_current). The mean diameter and the largest differ in `derivation` only.
-- out:  patient_key; diameter_mm DOUBLE; is_verified BOOLEAN; of the last finished report of a patient, ordered
SELECT
    s.patient_key,
    m.value_canonical AS diameter_mm,
    d.verification_flag = 'VERIFIED' AS is_verified
FROM measurement AS m
JOIN document AS d ON d.instance_key = m.instance_key
JOIN study AS s ON s.study_key = m.study_key
WHERE m.concept = 'SCT|81827009'
  AND m.derivation = 'SCT|373098007'
  AND m.site = 'SCT|34202007'
  AND m.unit_canonical = 'mm'
  AND d.is_current
  AND d.completion_flag = 'COMPLETE'
  AND coalesce(d.preliminary_flag, 'FINAL') <> 'PRELIMINARY'
QUALIFY row_number() OVER (PARTITION BY s.patient_key ORDER BY d.content_time DESC, d.instance_key) = 1
ORDER BY s.patient_key
