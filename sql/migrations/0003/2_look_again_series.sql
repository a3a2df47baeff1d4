-- No series counts as compared with Orthanc.
DELETE FROM series_check
