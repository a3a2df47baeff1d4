-- Forget the checks of series that have no instance any more: an Orthanc id is a hash of a patient's identifiers.
DELETE FROM series_check WHERE orthanc_id NOT IN (SELECT orthanc_id FROM series)
