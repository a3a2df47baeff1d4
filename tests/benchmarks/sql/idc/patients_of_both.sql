-- Patients with series of two modalities, as users of idc-index ask for them.
-- in:  $one, $other: modalities
-- out: patients BIGINT; one row
SELECT count(DISTINCT PatientID) AS patients
FROM index
WHERE Modality = $one AND PatientID IN (SELECT PatientID FROM index WHERE Modality = $other)
