-- Objects that a conversion has written into a folder (SQLite), never changed.
-- key: JSON, of what an object is; it stays the same when the input changes. version: from 1. digest: of all
-- that the object holds but its SOPInstanceUID. path: of its file, within the folder.
CREATE TABLE IF NOT EXISTS object (
    key                 TEXT NOT NULL,
    version             INTEGER NOT NULL,
    digest              TEXT NOT NULL,
    study_instance_uid  TEXT NOT NULL,
    series_instance_uid TEXT NOT NULL,
    sop_class_uid       TEXT NOT NULL,
    sop_instance_uid    TEXT NOT NULL,
    path                TEXT NOT NULL,
    PRIMARY KEY (key, version)
)
