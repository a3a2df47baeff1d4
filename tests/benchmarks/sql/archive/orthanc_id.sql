-- Orthanc's identifier of a resource, from its DICOM identifiers joined by `|`.
CREATE TEMP MACRO orthanc_id(names) AS
    regexp_replace(sha1(names), '(.{8})(.{8})(.{8})(.{8})(.{8})', '\1-\2-\3-\4-\5')
