-- The counters behind what was made.
-- in:  $instance, $series, $study, $patient: next free keys
UPDATE state
SET generation = generation + 1,
    next_instance_key = $instance, next_series_key = $series, next_study_key = $study, next_patient_key = $patient
